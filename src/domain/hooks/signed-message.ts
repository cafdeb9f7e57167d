import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** A third party's message as it was received. */
export interface SignedMessage {
  /** All values of each header, in the order in which they came, by its name in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** The very bytes: they are what was signed. */
  readonly body: Buffer;
}

/** What a right signature proves of a message. */
export interface Proof {
  /** The third party's own name for the message, 1 to 256 visible ASCII characters. */
  readonly messageId: string;
  /** The same for the same message however often it comes, and covered by the signature. */
  readonly replayKey: string;
}

/**
 * Whether one of the secrets has signed the message, at a time that is near `now` (epoch milliseconds) where the scheme
 * signs one. Why it has not is not told: a sender who need not know gets one answer.
 */
export type Verify = (message: SignedMessage, secrets: readonly string[], now: number) => Proof | undefined;

/** Third parties' clocks and ours differ by no more, nor does a message take longer. Standard Webhooks and Stripe agree. */
const TOLERANCE_SECONDS = 5 * 60;
const EPOCH_SECONDS = /^[1-9]\d{0,11}$/;

/** Third parties send two signatures while they rotate; more are a way to make us work. */
export const MOST_SIGNATURES = 10;

/** The header's value; nothing where there is none, or more than one, which could be read in two ways. */
export function onlyHeader({ headers }: SignedMessage, name: string): string | undefined {
  const values = headers.get(name);
  return values?.length === 1 ? values[0] : undefined;
}

export function isFresh(timestamp: string, now: number): boolean {
  if (!EPOCH_SECONDS.test(timestamp)) return false;
  return Math.abs(Math.floor(now / 1000) - Number(timestamp)) <= TOLERANCE_SECONDS;
}

/** HMAC-SHA256 over a text and the body that follows it. */
export function signatureOf(
  key: string | Buffer,
  before: string,
  body: Buffer,
  encoding: "hex" | "base64",
): string {
  return createHmac("sha256", key).update(before).update(body).digest(encoding);
}

/**
 * Whether one of the given signatures is one of the right ones, in a time that does not tell how much of it was. They
 * are compared as texts, so that no second spelling of a signature passes.
 */
export function anyMatches(given: readonly string[], right: readonly string[]): boolean {
  let found = false;
  for (const one of given) for (const other of right) if (sameText(one, other)) found = true;
  return found;
}

function sameText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A digest in hex of whatever a message is told apart by. */
export function digestOf(...parts: readonly (string | Buffer)[]): string {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest("hex");
}
