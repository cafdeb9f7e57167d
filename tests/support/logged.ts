import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { demoPlace } from "./demo-stack.ts";

/** The access log and the first line of it that fits; it is written after the answer is given. */
export async function logged(fits: (line: Readonly<Record<string, string>>) => boolean) {
  for (let attempt = 0; ; attempt += 1) {
    const log = readFileSync(join(demoPlace().home, "logs", "access.log"), "utf8");
    // The last line may be half written.
    const lines = log.slice(0, log.lastIndexOf("\n")).split("\n");
    const line = lines.map((text): Record<string, string> => JSON.parse(text)).find(fits);
    if (line || attempt === 50) return { log, line };
    await setTimeout(100);
  }
}
