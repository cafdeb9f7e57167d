import { DamagedStateError, StateInUseError, StateUnavailableError } from "../kernel/state-database.ts";
import { StartRefused } from "./settings.ts";

/** Where a started stack is found. */
export interface Ready {
  /** Base address of the API, stage included. */
  readonly apiUrl: string;
  /** Where the template has an HTTP API. */
  readonly httpApiUrl?: string | undefined;
  readonly awsEndpoint: string;
  readonly tokenUrl: string;
  readonly region: string;
  readonly userPoolId: string;
}

/** Says that calls are welcome: as a message to the process that started this one, else as a line. */
export function tellReady(ready: Ready): void {
  if (process.send) process.send({ type: "ready", ...ready });
  else process.stdout.write(`The API is at ${ready.apiUrl}, the local AWS at ${ready.awsEndpoint}\n`);
}

/** Reasons that the one who starts the stack can do something about: their message says all. */
const EXPECTED = [StartRefused, DamagedStateError, StateInUseError, StateUnavailableError];

/** Ends the process, saying why in one line: watchers and workers would keep it alive otherwise. */
export function refuseToStart(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`gatehouse cannot start: ${message.trim().replace(/\s*\n\s*/g, " ")}\n`);
  if (error instanceof Error && !EXPECTED.some((type) => error instanceof type))
    process.stderr.write(`${framesOf(error)}\n`);
  process.exit(1);
}

function framesOf({ stack = "" }: Error): string {
  return stack
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .join("\n");
}

/** Ends this process when the one that started it is gone, so that nothing lingers on its ports. */
export function endWithParent(close: () => Promise<void>): void {
  if (!process.channel) return;
  process.once("disconnect", () => {
    close().finally(() => process.exit(0));
  });
  // The channel alone is no reason to go on living.
  process.channel.unref();
}
