import { randomBytes } from "node:crypto";

/**
 * Standard Webhooks asks for 24 to 64 random bytes, told as `whsec_` and their base64
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme).
 */
const SECRET_BYTES = 32;

/** A secret that webhooks are signed with: its bytes, and the text that a receiver is told. */
export interface SigningSecret {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export function newSigningSecret(): SigningSecret {
  const bytes = randomBytes(SECRET_BYTES);
  return { bytes, text: `whsec_${bytes.toString("base64")}` };
}
