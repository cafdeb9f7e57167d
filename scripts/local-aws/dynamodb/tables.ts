import type { TableDirectory } from "./access.ts";
import { allTables, DynaliteStore, type StoreContext, tableNamed } from "./dynalite-store.ts";
import type { Item, TableDescription } from "./item.ts";
import type { Records } from "./records.ts";
import type { Streams } from "./streams.ts";
import { expiryIn, type TimeToLiveSettings } from "./time-to-live-settings.ts";

/** The tables of the local account: their descriptions, and a store for each action on them. */
export class Tables implements TableDirectory {
  readonly records: Records;
  readonly timeToLive: TimeToLiveSettings;
  readonly streams: Streams;
  readonly #context: StoreContext;

  constructor(
    { records, timeToLive, streams }: Pick<Tables, "records" | "timeToLive" | "streams">,
    { region, accountId }: { region: string; accountId: string },
  ) {
    this.records = records;
    this.timeToLive = timeToLive;
    this.streams = streams;
    this.#context = {
      records,
      streams,
      region,
      accountId,
      expiryOf: (tableName: string, item: Item) => expiryIn(item, timeToLive.attributeOf(tableName)),
    };
  }

  arnOf(tableName: string): string {
    const { region, accountId } = this.#context;
    return `arn:aws:dynamodb:${region}:${accountId}:table/${tableName}`;
  }

  describe(tableName: string): TableDescription | undefined {
    return tableNamed(this.records, tableName);
  }

  /** The table; undefined also while it is being created or deleted. */
  active(tableName: string): TableDescription | undefined {
    const table = this.describe(tableName);
    return table?.TableStatus === "CREATING" || table?.TableStatus === "DELETING" ? undefined : table;
  }

  all(): TableDescription[] {
    return allTables(this.records);
  }

  /** Storage for one action, or for several whose writes belong together. */
  store(): DynaliteStore {
    return new DynaliteStore(this.#context);
  }
}
