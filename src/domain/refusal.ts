/** Why a request is refused by the rules of the business; `src/http/problem.ts` gives each its HTTP status. */
export type RefusalCode =
  | "invalid"
  | "not-found"
  | "conflict"
  | "precondition-required"
  | "precondition-failed"
  | "insufficient-points"
  | "idempotency-key-reused"
  | "request-in-progress"
  | "busy";

/** One place of the input that is wrong: a JSON pointer (RFC 6901) into the body, or a parameter's name. */
export interface Finding {
  readonly pointer: string;
  readonly detail: string;
}

/** A refusal whose `detail` may be told to the caller. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly detail: string;
  readonly findings: readonly Finding[];

  constructor(code: RefusalCode, detail: string, findings: readonly Finding[] = []) {
    super(detail);
    this.name = "Refusal";
    this.code = code;
    this.detail = detail;
    this.findings = findings;
  }
}
