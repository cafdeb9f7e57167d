/**
 * Why an event is not sent or not believed, in the order in which it is checked. Each is definite: the same event is
 * refused again however often it is tried.
 */
export const EVENT_REFUSALS = [
  /** Not an event of ours by its form: a member is missing, unknown, or not of its form. */
  "malformed",
  /** Its `source` is none of the producers. */
  "unknown-producer",
  /** Events of its type are not its producer's to send, or there are none of the type. */
  "foreign-type",
  /** The bus delivered it under another source or type than it has itself. */
  "mismatched-source",
  /** The key that it names as its signer's is not trusted. */
  "unknown-signer",
  /** Signed with the trusted key of another producer. */
  "foreign-signer",
  /** The signature is not the signer's over this event. */
  "bad-signature",
  /** Sent too long ago, or in the future. */
  "stale",
  /** Handled before. */
  "replayed",
  /** The data was encrypted for an event of another id, source, type or tenant. */
  "wrong-context",
  /** The content key is not wrapped for this consumer. */
  "wrong-recipient",
  /** The wrapped key or the data is not what was encrypted. */
  "undecryptable",
  /** What was decrypted is not what events of the type carry. */
  "invalid-data",
  /** Larger than an entry on the bus may be; refused by the producer. */
  "too-large",
] as const;

export type EventRefusalReason = (typeof EVENT_REFUSALS)[number];

/** An event that is not sent or not believed. Neither reason nor detail has anything of its data. */
export class EventRefusal extends Error {
  readonly reason: EventRefusalReason;

  /** @param detail for the log: what exactly is wrong, in our own words */
  constructor(reason: EventRefusalReason, detail: string, options?: ErrorOptions) {
    super(`${reason}: ${detail}`, options);
    this.name = "EventRefusal";
    this.reason = reason;
  }
}
