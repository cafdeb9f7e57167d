import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { NODE_COMPILE_CACHE } from "./compile-cache.ts";
import type { StackPlace } from "./running-stack.ts";

const SCRIPTS = join(import.meta.dirname, "..", "..", "scripts");

/** Where no stack is: nothing listens on the discard port here. */
export const NO_STACK: StackPlace = {
  home: "/nonexistent",
  port: 9,
  httpApiPort: 9,
  localAwsPort: 9,
  lambdaPort: 9,
};

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script as an operator runs it, beside the stack at that place. */
export class Command {
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;
  #stdout = "";
  #stderr = "";

  /** @param input what it reads on standard input; nothing when left out. */
  constructor(place: StackPlace, script: string, args: readonly string[] = [], input = "") {
    this.process = spawn(process.execPath, [join(SCRIPTS, script), ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE,
        GATEHOUSE_HOME: place.home,
        PORT: String(place.port),
        LOCAL_AWS_PORT: String(place.localAwsPort),
        LAMBDA_PORT: String(place.lambdaPort),
        HTTP_API_PORT: String(place.httpApiPort),
      },
    });
    this.process.stdin?.end(input);
    this.process.stdout?.on("data", (chunk) => {
      this.#stdout += String(chunk);
    });
    this.process.stderr?.on("data", (chunk) => {
      this.#stderr += String(chunk);
    });
    this.outcome = new Promise((resolve) =>
      this.process.once("close", (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr })),
    );
  }

  static run(place: StackPlace, script: string, ...args: string[]): Promise<Outcome> {
    return new Command(place, script, args).outcome;
  }

  /** Kills it, with no goodbye, as soon as it says something on standard error. */
  async killWhenItSays(text: string): Promise<Outcome> {
    this.process.stderr?.on("data", () => {
      if (this.#stderr.includes(text)) this.process.kill("SIGKILL");
    });
    return this.outcome;
  }
}
