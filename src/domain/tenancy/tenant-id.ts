import { ulid } from "ulid";

declare const brand: unique symbol;

/** `ten_` + ULID: 30 characters, always. The fixed length keeps one tenant's keys from being another's prefix. */
export type TenantId = string & { readonly [brand]: "TenantId" };

const TENANT_ID = /^ten_[0-9A-HJKMNP-TV-Z]{26}$/;

export function isTenantId(text: unknown): text is TenantId {
  return typeof text === "string" && TENANT_ID.test(text);
}

export function newTenantId(): TenantId {
  const id = `ten_${ulid()}`;
  if (!isTenantId(id)) throw new Error("the ULID library made an id that is none");
  return id;
}

/** The ULID in a tenant id: its 26 last characters. */
export function ulidOf(tenantId: TenantId): string {
  return tenantId.slice("ten_".length);
}
