import {
  anyMatches,
  digestOf,
  isFresh,
  MOST_SIGNATURES,
  onlyHeader,
  type Proof,
  type SignedMessage,
  signatureOf,
} from "./signed-message.ts";

/** Without the full stop that separates it from what follows: `a.1` and `2` must not pass for `a` and `1.2`. */
const MESSAGE_ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;
const PREFIX = "whsec_";
const KEY_BYTES = { least: 24, most: 64 } as const;

/**
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * The official library is not what verifies: it turns the body into a text first, which changes bytes that are not
 * UTF-8, takes `17x` for the time 17, and hashes in JavaScript. The tests sign by it.
 */
export function verifyStandardWebhooks(
  message: SignedMessage,
  secrets: readonly string[],
  now: number,
): Proof | undefined {
  const id = onlyHeader(message, "webhook-id");
  const timestamp = onlyHeader(message, "webhook-timestamp");
  const signatures = onlyHeader(message, "webhook-signature")?.split(" ");
  if (id === undefined || timestamp === undefined || signatures === undefined) return undefined;
  if (!MESSAGE_ID.test(id) || !isFresh(timestamp, now) || signatures.length > MOST_SIGNATURES)
    return undefined;
  const right = secrets
    .flatMap((secret) => standardKey(secret) ?? [])
    .map((key) => `v1,${signatureOf(key, `${id}.${timestamp}.`, message.body, "base64")}`);
  // A message that is sent again has the same id, and a new time.
  return anyMatches(signatures, right) ? { messageId: id, replayKey: digestOf(id) } : undefined;
}

/** The key that a secret `whsec_…` stands for; nothing where it is no such secret. */
export function standardKey(secret: string): Buffer | undefined {
  if (!secret.startsWith(PREFIX)) return undefined;
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, "base64");
  const isCanonical = key.toString("base64") === text;
  return isCanonical && key.length >= KEY_BYTES.least && key.length <= KEY_BYTES.most ? key : undefined;
}
