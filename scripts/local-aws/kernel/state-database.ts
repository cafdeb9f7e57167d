import { chmodSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The state folder holds something that is not our database, or a database that is broken. */
export class DamagedStateError extends Error {
  constructor(file: string, cause: unknown) {
    super(`the state in ${file} is damaged (${messageOf(cause)})`, { cause });
    this.name = "DamagedStateError";
  }
}

/** Another process has the state open. */
export class StateInUseError extends Error {
  constructor(file: string) {
    super(`another process has the state in ${file} open: end it first`);
    this.name = "StateInUseError";
  }
}

/** The state may be well, but cannot be opened: the disk is full, the folder may not be written… */
export class StateUnavailableError extends Error {
  constructor(file: string, cause: unknown) {
    super(`the state in ${file} cannot be opened (${messageOf(cause)})`, { cause });
    this.name = "StateUnavailableError";
  }
}

const WAIT_FOR_LOCK_MILLISECONDS = 1000;

/** Primary result codes, https://sqlite.org/rescode.html; Node gives extended ones, whose low byte they are. */
const BUSY = 5;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

class FailedCheck extends Error {}

/**
 * Opens a SQLite file for this process alone, readable by its owner alone, and looks it through. What a
 * commit has written survives the process being killed (WAL with synchronous=NORMAL loses nothing but on a
 * power cut, https://sqlite.org/pragma.html#pragma_synchronous).
 *
 * @param file path, or `:memory:`
 * @param schema statements that create what is missing
 * Throws {@link DamagedStateError}, {@link StateInUseError} or {@link StateUnavailableError}.
 */
export function openStateDatabase(file: string, schema: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // Private keys and secrets lie in there.
    if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    database = new DatabaseSync(file, { timeout: WAIT_FOR_LOCK_MILLISECONDS });
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    // An empty transaction takes the lock now, and not with the first write.
    database.exec(`${schema}; BEGIN IMMEDIATE; COMMIT`);
    const [check] = database.prepare("PRAGMA quick_check(1)").all();
    if (check?.quick_check !== "ok") throw new FailedCheck(String(check?.quick_check));
    if (file !== ":memory:") chmodSync(file, 0o600);
    return database;
  } catch (cause) {
    database?.close();
    throw explain(file, cause);
  }
}

function explain(file: string, cause: unknown): Error {
  const code = resultCode(cause);
  if (code === BUSY) return new StateInUseError(file);
  if (code === CORRUPT || code === NOT_A_DATABASE || cause instanceof FailedCheck || isOccupied(file))
    return new DamagedStateError(file, cause);
  return new StateUnavailableError(file, cause);
}

/** Something else is where the file, or its folder, should be. */
function isOccupied(file: string): boolean {
  try {
    return !statSync(file).isFile();
  } catch (error) {
    return typeof error === "object" && error !== null && "code" in error && error.code === "ENOTDIR";
  }
}

function resultCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return undefined;
  return Number(error.errcode) & 0xff;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
