import { readFileSync } from "node:fs";
import { Refusal } from "../../src/domain/refusal.ts";

/** A policy out of a file, unjudged. Throws a Refusal `invalid` for what cannot be read or is no JSON. */
export function readPolicyFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new Refusal("invalid", `The file ${file} ${reason}.`);
  }
}
