import { createHash } from "node:crypto";
import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Records, Write } from "./records.ts";

export const TOKEN_SPACE = "client-request-token";
const WINDOW_MS = 600_000;

interface UsedToken {
  readonly digest: string;
  readonly until: number;
}

/**
 * Client request tokens: a transaction repeated with its token within ten minutes is not done again.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#DDB-TransactWriteItems-request-ClientRequestToken
 */
export class RequestTokens {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #underWay = new Set<string>();

  constructor(records: Records, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
  }

  /**
   * Whether the same request has already succeeded with this token.
   * Throws IdempotentParameterMismatchException for another request, TransactionInProgressException.
   */
  isDone(token: string, items: unknown): boolean {
    if (this.#underWay.has(token))
      throw new AwsError(
        "TransactionInProgressException",
        "The transaction with the given request token is already in progress.",
      );
    const used = this.#records.get(TOKEN_SPACE, token) as UsedToken | undefined;
    if (!used || used.until <= this.#clock.now()) return false;
    if (used.digest !== digestOf(items))
      throw new AwsError(
        "IdempotentParameterMismatchException",
        "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical",
      );
    return true;
  }

  begin(token: string): void {
    this.#underWay.add(token);
  }

  end(token: string): void {
    this.#underWay.delete(token);
  }

  /** To be committed together with the transaction's own writes. */
  use(token: string, items: unknown): Write {
    const until = this.#clock.now() + WINDOW_MS;
    const value: UsedToken = { digest: digestOf(items), until };
    return { type: "put", space: TOKEN_SPACE, key: token, value, expiresAt: until / 1000 };
  }
}

function digestOf(items: unknown): string {
  return createHash("sha256").update(canonical(items)).digest("base64");
}

/** JSON with the members of objects in order, so that equal requests have equal texts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}
