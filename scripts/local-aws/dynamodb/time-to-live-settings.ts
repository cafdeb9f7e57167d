import { itemSpace } from "./indexes.ts";
import type { AttributeValue, Item } from "./item.ts";
import type { Records, Write } from "./records.ts";

const SPACE = "time-to-live";

/** Which attribute of a table's items says when they expire. Survives a restart. */
export class TimeToLiveSettings {
  readonly #records: Records;
  readonly #attributes = new Map<string, string>();

  constructor(records: Records) {
    this.#records = records;
    for (const [tableName, attribute] of records.range(SPACE, {}))
      this.#attributes.set(tableName, String(attribute));
  }

  /** undefined: the table's items do not expire. */
  attributeOf(tableName: string): string | undefined {
    return this.#attributes.get(tableName);
  }

  /** Switches expiry on by that attribute, or off; what the table holds already is marked anew in the same commit. */
  set(tableName: string, attribute: string | undefined): void {
    const space = itemSpace(tableName);
    const setting: Write =
      attribute === undefined
        ? { type: "delete", space: SPACE, key: tableName }
        : { type: "put", space: SPACE, key: tableName, value: attribute };
    const items = Array.from(this.#records.range(space, {}), ([key, value]): Write => {
      return { type: "put", space, key, value, expiresAt: expiryIn(value as Item, attribute) };
    });
    this.#records.commit([setting, ...items]);
    if (attribute === undefined) this.#attributes.delete(tableName);
    else this.#attributes.set(tableName, attribute);
  }
}

/**
 * Epoch seconds at which an item expires. Only a number counts; anything else keeps the item for good.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
 */
export function expiryIn(item: Item, attribute: string | undefined): number | undefined {
  const value: AttributeValue | undefined = attribute === undefined ? undefined : item[attribute];
  const seconds = typeof value?.N === "string" ? Number(value.N) : Number.NaN;
  return Number.isFinite(seconds) ? seconds : undefined;
}
