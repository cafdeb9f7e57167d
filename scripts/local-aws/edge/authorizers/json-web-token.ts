import { type KeyObject, verify } from "node:crypto";

export interface JsonWebToken {
  readonly keyId: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signedText: string;
  readonly signature: Buffer;
}

const PART = /^[A-Za-z0-9_-]+$/;

/**
 * Reads a compact RS256 token, unverified. Undefined for anything else: another algorithm (`none`,
 * HS256…), a part that is not canonical base64url, a claim set that is no object.
 * https://www.rfc-editor.org/rfc/rfc7515#section-3
 */
export function readToken(compact: string): JsonWebToken | undefined {
  const [header = "", payload = "", signature = "", ...rest] = compact.split(".");
  if (rest.length > 0) return undefined;
  const fields = jsonObject(header);
  const claims = jsonObject(payload);
  const signatureBytes = bytesOf(signature);
  if (!fields || !claims || !signatureBytes) return undefined;
  if (fields.alg !== "RS256" || typeof fields.kid !== "string" || "crit" in fields) return undefined;
  return { keyId: fields.kid, claims, signedText: `${header}.${payload}`, signature: signatureBytes };
}

/** Whether the token is signed with that RSA key. */
export function isSignedBy(token: JsonWebToken, key: KeyObject): boolean {
  return verify("RSA-SHA256", Buffer.from(token.signedText), key, token.signature);
}

function jsonObject(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = bytesOf(part);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return undefined;
  }
}

/** Undefined unless canonical: the same bytes must have one spelling only. */
function bytesOf(part: string): Buffer | undefined {
  if (!PART.test(part)) return undefined;
  const bytes = Buffer.from(part, "base64url");
  return bytes.toString("base64url") === part ? bytes : undefined;
}
