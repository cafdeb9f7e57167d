import { Refusal } from "../refusal.ts";
import { newSigningSecret } from "../secrets/signing-secret.ts";
import type { HookScheme } from "./hook-source.ts";
import { standardKey } from "./standard-webhooks.ts";

/** Short enough for what people choose, long enough that a signature does not give it away by trying. */
const CHOSEN_SECRET = /^[\x21-\x7e]{16,256}$/;

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
    return { secret: newSigningSecret().text, isNew: true };
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
