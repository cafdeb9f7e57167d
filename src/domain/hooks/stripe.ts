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

const EVENT_ID = /^[\x21-\x7e]{1,256}$/;

/** `Stripe-Signature: t=…,v1=…[,v1=…]`: https://docs.stripe.com/webhooks#verify-manually */
export function verifyStripe(
  message: SignedMessage,
  secrets: readonly string[],
  now: number,
): Proof | undefined {
  const header = onlyHeader(message, "stripe-signature");
  const signed = header === undefined ? undefined : readHeader(header);
  if (!signed || !isFresh(signed.timestamp, now)) return undefined;
  const before = `${signed.timestamp}.`;
  const right = secrets.map((secret) => signatureOf(secret, before, message.body, "hex"));
  return anyMatches(signed.signatures, right) ? proofOf(before, message.body) : undefined;
}

/** Elements in any order, the time once; a scheme other than v1 proves nothing and is passed over. */
function readHeader(header: string): { timestamp: string; signatures: string[] } | undefined {
  const elements = header.split(",").map((element) => element.split("="));
  if (elements.length > MOST_SIGNATURES + 1 || elements.some(({ length }) => length !== 2)) return undefined;
  const valuesOf = (wanted: string) =>
    elements.flatMap(([name, value = ""]) => (name === wanted ? [value] : []));
  const [timestamp, another] = valuesOf("t");
  if (timestamp === undefined || another !== undefined) return undefined;
  return { timestamp, signatures: valuesOf("v1") };
}

/**
 * Stripe signs an event anew whenever it sends it again, so an event is known by its id, which is in the signed body. A
 * body that is no event's may bear the id of something that is told of twice: it is known by time and body.
 */
function proofOf(before: string, body: Buffer): Proof {
  const eventId = eventIdIn(body);
  const digest = digestOf(before, body);
  return eventId === undefined
    ? { messageId: digest, replayKey: digest }
    : { messageId: eventId, replayKey: digestOf(eventId) };
}

function eventIdIn(body: Buffer): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    if (typeof parsed !== "object" || parsed === null || !("object" in parsed) || !("id" in parsed))
      return undefined;
    const { object, id } = parsed;
    return object === "event" && typeof id === "string" && EVENT_ID.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
