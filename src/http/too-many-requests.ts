/** The tenant's calls come faster than its plan allows. */
export class TooManyRequests extends Error {
  /** Whole seconds, at least one. */
  readonly retryAfter: number;

  constructor(waitMilliseconds: number) {
    super("The plan's rate is exceeded.");
    this.name = "TooManyRequests";
    this.retryAfter = Math.max(1, Math.ceil(waitMilliseconds / 1000));
  }
}
