import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { InvocationResult } from "../../../scripts/local-aws/kernel/invoke.ts";

const SCRIPT = fileURLToPath(new URL("./relay-instance.ts", import.meta.url));

/** A relay's function in a process of its own, with the credentials of its role. */
export class RelayProcess {
  readonly #child: ChildProcess;
  /** What it wrote for CloudWatch. */
  output = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (chunk) => {
      this.output += chunk;
    });
  }

  static async start(
    name: "relay-events" | "relay-hooks",
    env: Readonly<Record<string, string>>,
  ): Promise<RelayProcess> {
    const child = fork(SCRIPT, [name], {
      env: { ...env, POWERTOOLS_SERVICE_NAME: "gatehouse-dev" },
      execArgv: [],
      stdio: ["ignore", "pipe", "ignore", "ipc"],
    });
    await once(child, "message");
    return new RelayProcess(child);
  }

  /** One event at a time, as Lambda gives them to an instance. */
  async invoke(event: unknown): Promise<InvocationResult> {
    const either = new AbortController();
    const heard = ["message", "exit"].map((name) => once(this.#child, name, { signal: either.signal }));
    this.#child.send(Object(event));
    const [result] = await Promise.race(heard);
    either.abort();
    return typeof result === "object" && result !== null
      ? result
      : { error: { errorType: "Runtime.ExitError", errorMessage: "the process has ended" } };
  }

  /** Ends it as nothing can be prepared for. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}
