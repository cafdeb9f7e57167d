import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openStateDatabase } from "../kernel/state-database.ts";

/** One change of a record. `expiresAt`: epoch seconds from which the record is to be swept away. */
export type Write =
  | {
      readonly type: "put";
      readonly space: string;
      readonly key: string;
      readonly value: unknown;
      readonly expiresAt?: number | undefined;
    }
  | { readonly type: "delete"; readonly space: string; readonly key: string };

/** Bounds of a range of keys; `limit` below zero means none. */
export interface Range {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

export interface ExpiredRecord {
  readonly space: string;
  readonly key: string;
  readonly value: unknown;
}

const SCHEMA =
  "CREATE TABLE IF NOT EXISTS records (space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, expires_at REAL, PRIMARY KEY (space, key)) WITHOUT ROWID;" +
  "CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL";

/**
 * Ordered JSON records by space and key in one SQLite file. A commit is all or nothing, also when the process is
 * killed in the middle of it, and what was committed is there again after a kill (WAL).
 */
export class Records {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #open = true;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @param directory undefined: in memory. Throws as {@link openStateDatabase} does. */
  static open(directory: string | undefined): Records {
    const file = directory === undefined ? ":memory:" : join(directory, "dynamodb.sqlite");
    return new Records(openStateDatabase(file, SCHEMA));
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The value of a record; undefined when there is none. */
  get(space: string, key: string): unknown {
    const row = this.#prepare("SELECT value FROM records WHERE space = ? AND key = ?").get(space, key);
    return row && JSON.parse(String(row.value));
  }

  /** Keys and values of a range in the order of the keys' bytes; read as far as the caller goes on. */
  *range(space: string, { gt, gte, lt, lte, reverse, limit = -1 }: Range): Generator<[string, unknown]> {
    const bounds: [string, string | undefined][] = [
      [" AND key > ?", gt],
      [" AND key >= ?", gte],
      [" AND key < ?", lt],
      [" AND key <= ?", lte],
    ];
    const given = bounds.filter(([, bound]) => bound !== undefined);
    const where = given.map(([condition]) => condition).join("");
    const statement = this.#prepare(
      `SELECT key, value FROM records WHERE space = ?${where} ORDER BY key ${reverse ? "DESC" : "ASC"} LIMIT ?`,
    );
    for (const row of statement.iterate(space, ...given.map(([, bound]) => String(bound)), limit))
      yield [String(row.key), JSON.parse(String(row.value))];
  }

  /** Applies all writes or none. */
  commit(writes: readonly Write[]): void {
    this.#atomically(() => {
      for (const write of writes)
        if (write.type === "put")
          this.#prepare(
            "INSERT INTO records (space, key, value, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
          ).run(write.space, write.key, JSON.stringify(write.value), write.expiresAt ?? null);
        else this.#prepare("DELETE FROM records WHERE space = ? AND key = ?").run(write.space, write.key);
    });
    if (this.#listeners.size > 0) this.#tell(new Set(writes.map(({ space }) => space)));
  }

  /** Tells of every commit that has writes of the space. @returns stops it */
  listen(space: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(space) ?? new Set();
    this.#listeners.set(space, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Forgets every record of a space. */
  clear(space: string): void {
    this.#prepare("DELETE FROM records WHERE space = ?").run(space);
  }

  /** Records that expired in the given time (epoch seconds), the earliest first. */
  expired({ after, until, limit }: { after: number; until: number; limit: number }): ExpiredRecord[] {
    return this.#prepare(
      "SELECT space, key, value FROM records WHERE expires_at > ? AND expires_at <= ? ORDER BY expires_at LIMIT ?",
    )
      .all(after, until, limit)
      .map((row) => ({
        space: String(row.space),
        key: String(row.key),
        value: JSON.parse(String(row.value)),
      }));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#database.close();
  }

  #tell(spaces: ReadonlySet<string>): void {
    for (const space of spaces) for (const listener of [...(this.#listeners.get(space) ?? [])]) listener();
  }

  #atomically(work: () => void): void {
    this.#prepare("BEGIN IMMEDIATE").run();
    try {
      work();
      this.#prepare("COMMIT").run();
    } catch (error) {
      this.#prepare("ROLLBACK").run();
      throw error;
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
