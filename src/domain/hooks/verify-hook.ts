import { verifyGithub } from "./github.ts";
import type { HookScheme } from "./hook-source.ts";
import type { SignedMessage, Verify } from "./signed-message.ts";
import { verifyStandardWebhooks } from "./standard-webhooks.ts";
import { verifyStripe } from "./stripe.ts";

/** Each scheme's way to verify. */
export const VERIFY: Readonly<Record<HookScheme, Verify>> = {
  "standard-webhooks": verifyStandardWebhooks,
  github: verifyGithub,
  stripe: verifyStripe,
};

const TELLING_HEADERS: readonly (readonly [header: string, scheme: HookScheme])[] = [
  ["x-hub-signature-256", "github"],
  ["stripe-signature", "stripe"],
];

/** The scheme that a message looks like, so that one for nobody costs as much to refuse as one for somebody. */
export function apparentScheme({ headers }: SignedMessage): HookScheme {
  const told = TELLING_HEADERS.find(([header]) => headers.has(header));
  return told?.[1] ?? "standard-webhooks";
}
