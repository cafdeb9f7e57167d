import { Refusal } from "../refusal.ts";
import { type SealedSecret, type SecretHolder, signingSecrets } from "./sealed-secret.ts";

/** How long the old secret signs beside the new one when nothing is said. */
const DEFAULT_OVERLAP_SECONDS = 24 * 60 * 60;

/**
 * A holder's secrets after a new one came: it signs alone at once where the overlap is 0, else with the one
 * before it until the overlap has passed. Throws a Refusal `conflict` where two sign already and the overlap is not 0:
 * a receiver that was promised time keeps it, unless all older secrets are to be void at once.
 */
export function secretsAfter(
  holder: SecretHolder,
  sealed: string,
  { overlapSeconds = DEFAULT_OVERLAP_SECONDS, now }: { overlapSeconds?: number | undefined; now: number },
): readonly SealedSecret[] {
  const added = { sealed, createdAt: new Date(now).toISOString() };
  if (overlapSeconds === 0) return [added];
  const [newest, older] = signingSecrets(holder, now);
  if (older)
    throw new Refusal(
      "conflict",
      `The secret before still signs until ${older.expiresAt}; an overlapSeconds of 0 voids both at once.`,
    );
  const expiresAt = new Date(now + overlapSeconds * 1000).toISOString();
  return newest ? [added, { ...newest, expiresAt }] : [added];
}
