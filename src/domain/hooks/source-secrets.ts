import { randomBytes } from "node:crypto";
import { Refusal } from "../refusal.ts";
import type { HookScheme, HookSource, SealedSecret } from "./hook-source.ts";
import { newStandardSecret, standardKey } from "./standard-webhooks.ts";

/** How long the old secret verifies beside the new one when nothing is said. */
const DEFAULT_OVERLAP_SECONDS = 24 * 60 * 60;

/** Short enough for what people choose, long enough that a signature does not give it away by trying. */
const CHOSEN_SECRET = /^[\x21-\x7e]{16,256}$/;

/** The secrets that verify at `now` (epoch milliseconds), newest first. */
export function verifyingSecrets(
  { secrets }: Pick<HookSource, "secrets">,
  now: number,
): readonly SealedSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now);
}

/**
 * The secret that a source is to have: the one that was given, or a new one where the scheme lets the receiver choose it.
 * Throws a Refusal `invalid`.
 */
export function secretFor(scheme: HookScheme, given: string | undefined): SourceSecret {
  if (given === undefined) {
    if (scheme !== "standard-webhooks")
      throw invalidSecret(
        `is required: with ${scheme} the secret is what the third party was given or shows`,
      );
    return { secret: newStandardSecret(randomBytes), isNew: true };
  }
  if (scheme === "standard-webhooks" && !standardKey(given))
    throw invalidSecret("must be whsec_ and 24 to 64 bytes in base64");
  if (!CHOSEN_SECRET.test(given)) throw invalidSecret("must be 16 to 256 visible ASCII characters");
  return { secret: given, isNew: false };
}

interface SourceSecret {
  readonly secret: string;
  /** Whether it was made here, and so is to be shown, once. */
  readonly isNew: boolean;
}

function invalidSecret(detail: string): Refusal {
  return new Refusal("invalid", "The secret does not fit the scheme.", [{ pointer: "#/secret", detail }]);
}

/**
 * A source's secrets after a new one came: it verifies alone where the overlap is 0, else with the one before it until
 * the overlap has passed. Throws a Refusal `conflict` where two verify already and the overlap is not 0: a third party
 * that was promised time keeps it, unless all older secrets are to be void at once.
 */
export function secretsAfter(
  { secrets }: Pick<HookSource, "secrets">,
  sealed: string,
  { overlapSeconds = DEFAULT_OVERLAP_SECONDS, now }: { overlapSeconds?: number | undefined; now: number },
): readonly SealedSecret[] {
  const added = { sealed, createdAt: new Date(now).toISOString() };
  if (overlapSeconds === 0) return [added];
  const [newest, older] = verifyingSecrets({ secrets }, now);
  if (older)
    throw new Refusal(
      "conflict",
      `The secret before still verifies until ${older.expiresAt}; an overlapSeconds of 0 voids both at once.`,
    );
  const expiresAt = new Date(now + overlapSeconds * 1000).toISOString();
  return newest ? [added, { ...newest, expiresAt }] : [added];
}
