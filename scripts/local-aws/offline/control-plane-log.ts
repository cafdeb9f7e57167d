import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { ControlPlaneCall } from "../api-gateway/api-gateway.ts";

/** Writes each call of API Gateway's control plane: `<epoch milliseconds> <operation> <admitted or throttled>`. */
export function controlPlaneLog(file: string): (call: ControlPlaneCall) => void {
  mkdirSync(dirname(file), { recursive: true });
  return ({ at, operation, throttled }) => {
    try {
      appendFileSync(file, `${at} ${operation} ${throttled ? "throttled" : "admitted"}\n`);
    } catch (error) {
      // A log that cannot be written must not fail the call.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };
}
