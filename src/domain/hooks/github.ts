import {
  anyMatches,
  digestOf,
  onlyHeader,
  type Proof,
  type SignedMessage,
  signatureOf,
} from "./signed-message.ts";

const DELIVERY = /^[\x21-\x7e]{1,256}$/;

/**
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 * Neither a time nor the delivery's id is signed, so a captured message would pass for a new one under a new id: the
 * body itself is what it is remembered by, whichever of two secrets has signed it.
 */
export function verifyGithub(message: SignedMessage, secrets: readonly string[]): Proof | undefined {
  const signature = onlyHeader(message, "x-hub-signature-256");
  const delivery = onlyHeader(message, "x-github-delivery");
  if (signature === undefined || delivery === undefined || !DELIVERY.test(delivery)) return undefined;
  const right = secrets.map((secret) => `sha256=${signatureOf(secret, "", message.body, "hex")}`);
  return anyMatches([signature], right)
    ? { messageId: delivery, replayKey: digestOf(message.body) }
    : undefined;
}
