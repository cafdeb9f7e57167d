import { randomInt } from "node:crypto";
import { type TenantId, ulidOf } from "./tenant-id.ts";

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const RANDOM_CHARACTERS = 40;

/**
 * The value of a new API key: the tenant's ULID, then 40 random alphanumeric characters (238 bits).
 * API Gateway takes 20 to 128 characters (API_CreateApiKey).
 */
export function newApiKeyValue(tenantId: TenantId): string {
  const random = Array.from(
    { length: RANDOM_CHARACTERS },
    () => ALPHANUMERIC[randomInt(ALPHANUMERIC.length)],
  );
  return ulidOf(tenantId) + random.join("");
}

/**
 * Whether an API key is one of the tenant's. Only we create keys and the gateway has checked that this
 * one exists, so its first characters say whose it is and no look-up is needed.
 */
export function isApiKeyOf(tenantId: TenantId, value: string): boolean {
  return value.length === ulidOf(tenantId).length + RANDOM_CHARACTERS && value.startsWith(ulidOf(tenantId));
}
