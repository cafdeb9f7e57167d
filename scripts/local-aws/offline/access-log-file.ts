import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { AccessLog } from "../edge/access-log.ts";

export interface AccessLogFile {
  close(): Promise<void>;
}

/** Appends the access log to a file. */
export function writeAccessLog(accessLog: AccessLog, file: string): AccessLogFile {
  mkdirSync(dirname(file), { recursive: true });
  const stream = createWriteStream(file, { flags: "a" });
  // A log that cannot be written must not end the stack.
  stream.on("error", (error) => process.emitWarning(error));
  accessLog.subscribe(({ message }) => stream.write(`${message}\n`));
  return { close: () => new Promise((resolve) => stream.end(() => resolve())) };
}
