import { type CryptoKey, FlattenedEncrypt, flattenedDecrypt } from "jose";
import { base64url, canonical } from "./canonical.ts";
import { EventRefusal } from "./event-refusal.ts";
import type { DataKey } from "./key-ports.ts";
import { CONTENT_ENCRYPTION, type EncryptedData, KEY_WRAPPING, type UnsignedEvent } from "./sealed-event.ts";

/** What the data of an event is bound to. */
export type DataContext = Pick<UnsignedEvent, "id" | "source" | "subject" | "type">;

/** The only protected header there is, so that no message chooses an algorithm. */
export const PROTECTED_HEADER = base64url(JSON.stringify({ enc: CONTENT_ENCRYPTION }));

/** jose's own name for "this is the content key": the wrapping of it is done by KMS, before and after. */
const DIRECT = { alg: "dir" } as const;

/** `aad` of the data of an event, before base64url. */
function additionalData({ id, source, subject, type }: DataContext): string {
  return canonical({ id, source, subject, type });
}

/** Encrypts the data (JSON) of one event for everybody for whom the content key is wrapped. */
export async function encryptData(
  data: unknown,
  context: DataContext,
  { key, wrapped }: DataKey,
): Promise<EncryptedData> {
  const encrypted = await new FlattenedEncrypt(Buffer.from(JSON.stringify(data)))
    .setProtectedHeader({ enc: CONTENT_ENCRYPTION })
    .setUnprotectedHeader(DIRECT)
    .setAdditionalAuthenticatedData(Buffer.from(additionalData(context)))
    .encrypt(key);
  const { iv, tag, aad, ciphertext } = encrypted;
  if (iv === undefined || tag === undefined || aad === undefined)
    throw new Error("the JWE library left out a part");
  return {
    protected: PROTECTED_HEADER,
    recipients: wrapped.map(({ keyId, encryptedKey }) => ({
      header: { alg: KEY_WRAPPING, kid: keyId },
      encrypted_key: Buffer.from(encryptedKey).toString("base64url"),
    })),
    aad,
    iv,
    ciphertext,
    tag,
  };
}

/** Throws EventRefusal (wrong-context) unless the data was encrypted for the event in which it came. */
export function requireContext({ aad }: EncryptedData, context: DataContext): void {
  if (aad !== base64url(additionalData(context)))
    throw new EventRefusal("wrong-context", "the data belongs to another event");
}

/** The bytes that were encrypted. Throws EventRefusal (undecryptable). */
export async function decryptData(encrypted: EncryptedData, key: CryptoKey): Promise<Uint8Array> {
  const { iv, tag, aad, ciphertext } = encrypted;
  const jwe = { protected: PROTECTED_HEADER, header: DIRECT, iv, tag, aad, ciphertext };
  try {
    const { plaintext } = await flattenedDecrypt(jwe, key, {
      keyManagementAlgorithms: [DIRECT.alg],
      contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
    });
    return plaintext;
  } catch (cause) {
    throw new EventRefusal("undecryptable", "the data is not what was encrypted", { cause });
  }
}
