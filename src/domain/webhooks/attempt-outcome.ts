/** Why no answer came, or none that could be read. */
export type NoAnswer =
  | "timed-out"
  | "unreachable"
  | "unresolved"
  | "forbidden-address"
  | "untrusted-certificate"
  | "garbage";

/** How an endpoint took a delivery. */
export type AttemptOutcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** How long it asks to be left alone, in milliseconds. */
      readonly retryAfter?: number | undefined;
    }
  | { readonly kind: "unanswered"; readonly reason: NoAnswer };

/** delivered: 2xx. gone: the endpoint wants nothing more (410). failed: everything else, redirects too. */
export type Verdict = "delivered" | "gone" | "failed";

/**
 * What an answer means.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#delivery-success-and-failure
 */
export function verdictOn(outcome: AttemptOutcome): Verdict {
  if (outcome.kind === "unanswered") return "failed";
  if (outcome.status >= 200 && outcome.status < 300) return "delivered";
  return outcome.status === 410 ? "gone" : "failed";
}

const NO_ANSWER: Readonly<Record<NoAnswer, string>> = {
  "timed-out": "There was no answer in time.",
  unreachable: "No connection could be made, or it was closed before the answer.",
  unresolved: "The name in the URL could not be looked up.",
  "forbidden-address": "The host in the URL has no address, or one that webhooks are not sent to.",
  "untrusted-certificate": "The TLS certificate is not to be trusted, or is another name's.",
  garbage: "What came back was no HTTP answer.",
};

/** What went wrong, in words for the tenant; undefined for a delivery that succeeded. */
export function wordsFor(outcome: AttemptOutcome): string | undefined {
  if (outcome.kind === "unanswered") return NO_ANSWER[outcome.reason];
  if (verdictOn(outcome) === "delivered") return undefined;
  if (outcome.status === 410) return "The endpoint answered 410 Gone: it wants nothing more.";
  if (outcome.status >= 300 && outcome.status < 400)
    return `The endpoint answered with a redirect (${outcome.status}), which is not followed.`;
  return `The endpoint answered ${outcome.status}.`;
}

/** 429 and 503 may say how long to wait; other answers' Retry-After means something else or nothing. */
export function heedsRetryAfter(status: number): boolean {
  return status === 429 || status === 503;
}

/**
 * Retry-After in milliseconds: seconds or a date (RFC 9110, section 10.2.3). Undefined for what is neither.
 *
 * @param now epoch milliseconds
 */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
