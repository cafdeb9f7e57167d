import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { LogEvent } from "../events/log-group-targets.ts";

/** Writes what comes into a log group to a file of its own, a line an event: `/aws/events/x` is `aws-events-x.log`. */
export function logGroupFiles(directory: string): (event: LogEvent) => void {
  return ({ logGroupName, message }) => {
    mkdirSync(directory, { recursive: true });
    const name = logGroupName.replace(/^\//, "").replace(/[^\w.-]+/g, "-");
    appendFileSync(join(directory, `${name}.log`), `${message.trimEnd()}\n`, { mode: 0o600 });
  };
}
