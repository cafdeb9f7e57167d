import { sign, verify } from "node:crypto";
import { promisify } from "node:util";
import type { PublicKey, SigningKey } from "./pool-keys.ts";

export type Claims = Record<string, unknown>;

const signInThreadPool = promisify(sign);

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT as Cognito writes it: header `{kid, alg}`, signed RS256. */
export async function signJwt(claims: Claims, key: SigningKey): Promise<string> {
  const content = `${encode({ kid: key.kid, alg: "RS256" })}.${encode(claims)}`;
  const signature = await signInThreadPool("sha256", Buffer.from(content), key.privateKey);
  return `${content}.${signature.toString("base64url")}`;
}

/** The claims of a JWT that one of these keys signed with RS256, or undefined. Says nothing about its claims. */
export function verifyJwt(token: string, keys: readonly PublicKey[]): Claims | undefined {
  const [header, payload, signature, ...rest] = token.split(".");
  if (!header || !payload || !signature || rest.length > 0) return undefined;
  const { alg, kid } = decode(header) ?? {};
  const key = keys.find((candidate) => candidate.kid === kid);
  if (alg !== "RS256" || !key) return undefined;
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify("sha256", signed, key.publicKey, Buffer.from(signature, "base64url"))) return undefined;
  return decode(payload);
}

/** The claims of a JWT, unverified: only to find out which pool should verify it. */
export function readUnverified(token: string): Claims | undefined {
  return decode(token.split(".")[1] ?? "");
}

function decode(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}
