import { createECDH, type KeyObject, randomBytes } from "node:crypto";

/** Order of P-256's group, https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-186.pdf */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const BYTES = 32;

/**
 * ECDSA over a digest that was made elsewhere, which node:crypto cannot do: it always hashes first.
 * FIPS 186-5, 6.4. Not in constant time; the keys are a local stack's.
 *
 * @param digest of 32 bytes @returns r and s, 32 bytes each
 */
export function signDigest(privateKey: KeyObject, digest: Buffer): Buffer {
  const secret = scalarOf(privateKey);
  for (;;) {
    const nonce = numberOf(randomBytes(BYTES));
    if (nonce === 0n || nonce >= ORDER) continue;
    const r = horizontal(nonce) % ORDER;
    const s = modulo(inverse(nonce) * (numberOf(digest) + r * secret));
    if (r !== 0n && s !== 0n) return Buffer.concat([bytesOf(r), bytesOf(s)]);
  }
}

/** By the private key, so that a multiple of the generator is all that is needed. @param signature r and s */
export function verifyDigest(privateKey: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const [r, s] = [numberOf(signature.subarray(0, BYTES)), numberOf(signature.subarray(BYTES))];
  if (r === 0n || s === 0n || r >= ORDER || s >= ORDER) return false;
  const w = inverse(s);
  const multiple = modulo(numberOf(digest) * w + r * w * scalarOf(privateKey));
  return multiple !== 0n && horizontal(multiple) % ORDER === r;
}

/** The x coordinate of a multiple of the generator. */
function horizontal(multiple: bigint): bigint {
  const point = createECDH("prime256v1");
  point.setPrivateKey(bytesOf(multiple));
  return numberOf(point.getPublicKey().subarray(1, 1 + BYTES));
}

function scalarOf(privateKey: KeyObject): bigint {
  return numberOf(Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url"));
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString("hex") || "0"}`);
}

function bytesOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * BYTES, "0"), "hex");
}

function modulo(number: bigint): bigint {
  return ((number % ORDER) + ORDER) % ORDER;
}

function inverse(number: bigint): bigint {
  let [r, next] = [ORDER, modulo(number)];
  let [t, nextT] = [0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return modulo(t);
}
