import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "@jest/globals";
import {
  DamagedStateError,
  openStateDatabase,
  StateInUseError,
  StateUnavailableError,
} from "../../scripts/local-aws/kernel/state-database.ts";

const root = mkdtempSync(join(tmpdir(), "gatehouse-state-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SCHEMA = "CREATE TABLE IF NOT EXISTS t (id TEXT)";

describe("the state's database", () => {
  it("is nobody else's while it is open, not even for one write", () => {
    const file = join(root, "shared.sqlite");
    const first = openStateDatabase(file, SCHEMA);
    expect(() => openStateDatabase(file, SCHEMA)).toThrow(StateInUseError);
    const intruder = new DatabaseSync(file);
    expect(() => intruder.exec("BEGIN IMMEDIATE")).toThrow("locked");
    intruder.close();
    first.close();
    openStateDatabase(file, SCHEMA).close();
  });

  it("is called damaged only when it is: not when there is no room for it", () => {
    const damaged = join(root, "damaged.sqlite");
    writeFileSync(damaged, "not a database at all, but long enough to be read as one".repeat(100));
    expect(() => openStateDatabase(damaged, SCHEMA)).toThrow(DamagedStateError);

    const full = join(root, "full.sqlite");
    // Two pages and no more: to SQLite that is a full disk.
    const cramped = "PRAGMA max_page_count = 2; CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE c (x)";
    expect(() => openStateDatabase(full, cramped)).toThrow(StateUnavailableError);
  });

  it("is readable by its owner alone, in a folder that is too", () => {
    const file = join(root, "new", "folder", "state.sqlite");
    openStateDatabase(file, SCHEMA).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, "new", "folder")).mode & 0o777).toBe(0o700);
  });
});
