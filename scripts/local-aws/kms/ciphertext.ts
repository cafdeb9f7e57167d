import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** Names and values that have to be the same at decryption; not secret. */
export type EncryptionContext = Readonly<Record<string, string>>;

const ALGORITHM = "aes-256-gcm";
const VERSION = 1;
const KEY_ID_BYTES = 36;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES;

/** As KMS's, it says which key it is under; its form is our own. */
export function encrypt(
  keyId: string,
  material: Buffer,
  plaintext: Buffer,
  context: EncryptionContext,
): Buffer {
  const head = Buffer.concat([Buffer.from([VERSION]), Buffer.from(keyId)]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, material, nonce);
  cipher.setAAD(Buffer.concat([head, boundTo(context)]));
  const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([head, nonce, encrypted, cipher.getAuthTag()]);
}

/** The id of the key that a ciphertext is under; undefined for what is none. */
export function keyIdOf(ciphertext: Buffer): string | undefined {
  if (ciphertext[0] !== VERSION || ciphertext.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES) return undefined;
  return ciphertext.toString("latin1", 1, HEAD_BYTES);
}

/** Undefined when the ciphertext was altered, or bound to another context. */
export function decrypt(
  material: Buffer,
  ciphertext: Buffer,
  context: EncryptionContext,
): Buffer | undefined {
  const nonce = ciphertext.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, material, nonce);
  decipher.setAAD(Buffer.concat([ciphertext.subarray(0, HEAD_BYTES), boundTo(context)]));
  decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(ciphertext.subarray(HEAD_BYTES + NONCE_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]);
  } catch {
    return undefined;
  }
}

/** The order of the pairs does not matter, https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html */
function boundTo(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify(pairs));
}
