import type { CryptoKey } from "jose";

/** A content key that can be used and not read, so that no log and no error ever shows it. */
export function contentKey(bytes: Uint8Array, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes.slice(), "AES-GCM", false, [use]);
}
