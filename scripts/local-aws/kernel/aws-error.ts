/**
 * A refusal as an AWS service words it. `code` is the service's exception name without a namespace;
 * each protocol writes it where its SDK looks for it (`__type`, `x-amzn-errortype`, `<Code>`).
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Members of the error's body beside its type and message, e.g. `CancellationReasons`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, details: Record<string, unknown> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.details = details;
  }
}
