/** A secret that messages are signed with, as it is kept. */
export interface SealedSecret {
  /** Ciphertext of KMS in base64, under an encryption context that names its holder. */
  readonly sealed: string;
  /** RFC 3339 in UTC. */
  readonly createdAt: string;
  /** Until when it signs beside the newer one; without it, it signs on. RFC 3339 in UTC. */
  readonly expiresAt?: string | undefined;
}

/** What messages are signed for. */
export interface SecretHolder {
  /** Newest first; at most two sign at a time. */
  readonly secrets: readonly SealedSecret[];
}

/** The secrets that sign at `now` (epoch milliseconds), newest first. */
export function signingSecrets({ secrets }: SecretHolder, now: number): readonly SealedSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now);
}
