import { Stream } from "node:stream";
import { type IndexingStore, LARGEST_ITEM } from "./dynalite.ts";
import { indexSpace, indexWrites, itemSpace } from "./indexes.ts";
import type { Item, TableDescription } from "./item.ts";
import type { Range, Records, Write } from "./records.ts";
import type { Streams } from "./streams.ts";

type Callback = (error: unknown, value?: unknown) => void;
type Release = (callback: Callback) => Callback;

const TABLES = "table";
const tagSpace = (tableName: string) => `tag/${tableName}`;

/** What the stores of one database share. */
export interface StoreContext {
  readonly records: Records;
  readonly streams: Streams;
  readonly region: string;
  readonly accountId: string;
  /** Epoch seconds at which an item is to be swept away; undefined when it is to stay. */
  expiryOf(tableName: string, item: Item): number | undefined;
}

/**
 * What dynalite's actions see as their storage, on top of {@link Records}. Reads see what is committed; writes of
 * items gather in `writes`, for the caller to commit at once. Every callback is called within the same turn.
 */
export class DynaliteStore implements IndexingStore {
  readonly options = {
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    maxItemSize: LARGEST_ITEM,
  };
  readonly writes: Write[] = [];
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  get tableDb() {
    const { records, region, accountId } = this.#context;
    return {
      awsRegion: region,
      awsAccountId: accountId,
      lock: passThrough,
      get: (name: string, callback: Callback) => read(records.get(TABLES, name), callback),
      put: (name: string, value: unknown, callback: Callback) =>
        this.#commit([{ type: "put", space: TABLES, key: name, value }], callback),
      del: (name: string, callback: Callback) =>
        this.#commit([{ type: "delete", space: TABLES, key: name }], callback),
      createKeyStream: () => streamOf(records.range(TABLES, {}), ([key]) => key),
    };
  }

  getTable(name: string, statusOrCallback: boolean | Callback, callback?: Callback): void {
    const answer = callback ?? (statusOrCallback as Callback);
    const table = tableNamed(this.#context.records, name);
    const hidden = table?.TableStatus === "CREATING" || table?.TableStatus === "DELETING";
    if (table && !(hidden && statusOrCallback !== false)) answer(null, table);
    else answer(tableNotFound(name, statusOrCallback === false));
  }

  getItemDb(tableName: string) {
    const { records } = this.#context;
    const space = itemSpace(tableName);
    return {
      lock: passThrough,
      get: (key: string, callback: Callback) => read(records.get(space, key), callback),
      put: (key: string, value: Item, callback: Callback) => {
        const expiresAt = this.#context.expiryOf(tableName, value);
        this.writes.push({ type: "put", space, key, value, expiresAt });
        callback(null);
      },
      del: (key: string, callback: Callback) => {
        this.writes.push({ type: "delete", space, key });
        callback(null);
      },
      createValueStream: (range: Range) => streamOf(records.range(space, range), ([, value]) => value),
    };
  }

  getIndexDb(_type: string, tableName: string, indexName: string) {
    const space = indexSpace(tableName, indexName);
    return {
      createValueStream: (range: Range) =>
        streamOf(this.#context.records.range(space, range), ([, value]) => value),
    };
  }

  getTagDb(tableName: string) {
    const { records } = this.#context;
    const space = tagSpace(tableName);
    return {
      batch: (
        changes: readonly { type: "put" | "del"; key: string; value?: unknown }[],
        callback: Callback,
      ) =>
        this.#commit(
          changes.map(({ type, key, value }) =>
            type === "put" ? { type, space, key, value } : { type: "delete", space, key },
          ),
          callback,
        ),
      createKeyStream: () => streamOf(records.range(space, {}), ([key]) => key),
      createValueStream: () => streamOf(records.range(space, {}), ([, value]) => value),
    };
  }

  deleteItemDb(tableName: string, callback: Callback): void {
    this.#clear(itemSpace(tableName), callback);
  }

  deleteIndexDb(_type: string, tableName: string, indexName: string, callback: Callback): void {
    this.#clear(indexSpace(tableName, indexName), callback);
  }

  deleteTagDb(tableName: string, callback: Callback): void {
    this.#clear(tagSpace(tableName), callback);
  }

  reindex(table: TableDescription, before: Item | undefined, after: Item | undefined): void {
    this.writes.push(
      ...indexWrites(table, before, after),
      ...this.#context.streams.writes(table, [before, after]),
    );
  }

  #clear(space: string, callback: Callback): void {
    this.#context.records.clear(space);
    callback(null);
  }

  /** A table's delayed change of status may come after the end; dynalite passes over this message. */
  #commit(writes: readonly Write[], callback: Callback): void {
    const { records } = this.#context;
    if (!records.isOpen) {
      callback(new Error("Database is closed"));
      return;
    }
    records.commit(writes);
    callback(null);
  }
}

/** The description of a table; undefined when there is none. */
export function tableNamed(records: Records, name: string): TableDescription | undefined {
  return records.get(TABLES, name) as TableDescription | undefined;
}

export function allTables(records: Records): TableDescription[] {
  return Array.from(records.range(TABLES, {}), ([, value]) => value as TableDescription);
}

export function tableWrite(table: TableDescription): Write {
  return { type: "put", space: TABLES, key: table.TableName, value: table };
}

/** dynalite knows a missing record by the error's name. */
function read(value: unknown, callback: Callback): void {
  if (value === undefined) callback(Object.assign(new Error("not found"), { name: "NotFoundError" }));
  else callback(null, value);
}

function tableNotFound(name: string, naming: boolean): Error {
  const message = `Requested resource not found${naming ? `: Table: ${name} not found` : ""}`;
  return Object.assign(new Error(message), {
    name: "NotFoundError",
    statusCode: 400,
    body: { __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", message },
  });
}

/** Nothing comes between the steps of an action here, so there is nothing to lock. */
function passThrough(_key: unknown, work: (release: Release) => void): void {
  work((callback) => callback);
}

/** The part of a readable stream that dynalite uses: `data` until `destroy`, then `end`. Only from a `Stream` it reads once. */
class RecordStream extends Stream {
  #destroyed = false;

  destroy(): void {
    this.#destroyed = true;
  }

  read<T>(entries: Iterable<T>, pick: (entry: T) => unknown): void {
    try {
      for (const entry of entries) {
        this.emit("data", pick(entry));
        if (this.#destroyed) break;
      }
      this.emit("end");
    } catch (error) {
      this.emit("error", error);
    }
  }
}

function streamOf<T>(entries: Iterable<T>, pick: (entry: T) => unknown): RecordStream {
  const stream = new RecordStream();
  process.nextTick(() => stream.read(entries, pick));
  return stream;
}
