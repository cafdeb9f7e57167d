import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openStateDatabase } from "./state-database.ts";

const SCHEMA =
  "CREATE TABLE IF NOT EXISTS entries (collection TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID";

/**
 * Durable state of the local AWS: JSON values by collection and id in one SQLite file, kept in memory
 * for reading. What a call has written survives the process being killed.
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #collections = new Map<string, Collection<unknown>>();

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @param file path, or `:memory:`. Throws as {@link openStateDatabase} does. */
  static open(file: string): Store {
    return new Store(openStateDatabase(file, SCHEMA));
  }

  /** The collection of that name; its values must survive a round trip through JSON. */
  collection<T>(name: string): Collection<T> {
    let collection = this.#collections.get(name);
    if (!collection) {
      collection = new Collection<unknown>(this.#database, name);
      this.#collections.set(name, collection);
    }
    return collection as Collection<T>;
  }

  close(): void {
    this.#database.close();
  }
}

export class Collection<T> {
  readonly #name: string;
  readonly #values = new Map<string, T>();
  readonly #upsert: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync, name: string) {
    this.#name = name;
    this.#upsert = database.prepare(
      "INSERT INTO entries (collection, id, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.#remove = database.prepare("DELETE FROM entries WHERE collection = ? AND id = ?");
    for (const row of database
      .prepare("SELECT id, value FROM entries WHERE collection = ? ORDER BY id")
      .all(name))
      this.#values.set(String(row.id), JSON.parse(String(row.value)));
  }

  get size(): number {
    return this.#values.size;
  }

  get(id: string): T | undefined {
    return this.#values.get(id);
  }

  has(id: string): boolean {
    return this.#values.has(id);
  }

  put(id: string, value: T): void {
    this.#upsert.run(this.#name, id, JSON.stringify(value));
    this.#values.set(id, value);
  }

  delete(id: string): boolean {
    this.#remove.run(this.#name, id);
    return this.#values.delete(id);
  }

  values(): IterableIterator<T> {
    return this.#values.values();
  }

  entries(): IterableIterator<[string, T]> {
    return this.#values.entries();
  }
}
