import { type BinaryLike, randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto";

const derive = (password: BinaryLike, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, 32, (error, key) => (error ? reject(error) : resolve(key)));
  });

/** `<salt>.<key>`, both base64url, by scrypt with Node's cost (N = 16384, r = 8, p = 1). */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString("base64url")}.${(await derive(password, salt)).toString("base64url")}`;
}

export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [salt = "", key = ""] = hash.split(".");
  const derived = await derive(password, Buffer.from(salt, "base64url"));
  const expected = Buffer.from(key, "base64url");
  return derived.length === expected.length && timingSafeEqual(derived, expected);
}

const KINDS = ["abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!@#%*-_+="];

/** A temporary password that satisfies every policy of up to that length. */
export function newTemporaryPassword(length: number): string {
  const draw = (alphabet: string) => alphabet.charAt(randomInt(alphabet.length));
  const rest = Array.from({ length: Math.max(length, 12) - KINDS.length }, () => draw(KINDS.join("")));
  return [...KINDS.map(draw), ...rest].join("");
}
