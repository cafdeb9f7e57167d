import { config } from "../../config.ts";
import { type HookSource, sealingContext } from "../../domain/hooks/hook-source.ts";
import { openSecret, sealSecret } from "./sealed-secrets.ts";

type Owner = Pick<HookSource, "tenantId" | "source">;

const sealOf = (owner: Owner) => ({ keyId: config.hookSecretsKey(), context: sealingContext(owner) });

/** The secret as it is kept: ciphertext in base64. */
export function sealHookSecret(owner: Owner, secret: string): Promise<string> {
  return sealSecret(sealOf(owner), Buffer.from(secret));
}

/** The secrets themselves, in the same order. */
export function openHookSecrets(owner: Owner, sealed: readonly string[]): Promise<readonly string[]> {
  return Promise.all(sealed.map(async (one) => Buffer.from(await openSecret(sealOf(owner), one)).toString()));
}
