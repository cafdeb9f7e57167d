import { rmSync } from "node:fs";
import { join } from "node:path";
import { Records } from "../local-aws/dynamodb/records.ts";
import { DamagedStateError } from "../local-aws/kernel/state-database.ts";

/** Deletes the state folder, damaged or not. Throws when a running stack uses it. */
export async function discardState(stateDirectory: string): Promise<void> {
  try {
    // Opening takes the lock that a running stack holds, whatever ports it listens on.
    await Records.open(join(stateDirectory, "dynamodb")).close();
  } catch (error) {
    if (!(error instanceof DamagedStateError)) throw error;
  }
  rmSync(stateDirectory, { recursive: true, force: true });
}
