import type { Call } from "./call.ts";
import { contextVariable, type Outcome } from "./context-variables.ts";
import { Substitution } from "./substitution.ts";

/** One line of the access log with the moment of its call, epoch milliseconds. */
interface AccessLogLine {
  readonly timestamp: number;
  readonly message: string;
}

export type AccessLogSubscriber = (line: AccessLogLine) => void;

/**
 * The stage's access log: one line for each call that reached the stage, refused ones too.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export class AccessLog {
  readonly #format: Substitution;
  readonly #subscribers = new Set<AccessLogSubscriber>();

  constructor(format: string) {
    // AWS wants the format on a single line; YAML block scalars end with a newline.
    this.#format = new Substitution(format.replace(/\s*\n\s*/g, " ").trim());
  }

  subscribe(subscriber: AccessLogSubscriber): void {
    this.#subscribers.add(subscriber);
  }

  record(call: Call, outcome: Outcome): void {
    this.write(call.receivedAt, (name) => contextVariable(name, call, outcome));
  }

  /**
   * @param timestamp epoch milliseconds
   * @param variable a `$context` variable of the call by its name
   */
  write(timestamp: number, variable: (name: string) => string | undefined): void {
    if (this.#subscribers.size === 0) return;
    const message = this.#format.fill((name) => {
      const value = variable(name) ?? "-";
      return QUOTED.has(name) ? value : withoutBreakout(value);
    });
    for (const subscriber of this.#subscribers) subscriber({ timestamp, message });
  }
}

/** Comes with its quotation marks. */
const QUOTED = new Set(["error.messageString"]);

/** What a client sent must not end the JSON string it is put into. */
function withoutBreakout(value: string): string {
  return /["\\\p{Cc}]/u.test(value) ? JSON.stringify(value).slice(1, -1) : value;
}
