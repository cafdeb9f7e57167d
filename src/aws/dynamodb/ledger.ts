import { type DynamoDBDocumentClient, paginateQuery, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { BookingPart, Counters } from "../../domain/metering/booking-part.ts";
import type { LedgerStore } from "../../domain/metering/ledger.ts";
import { conditionsHold } from "./conditional-write.ts";
import { damaged, type Item } from "./control-items.ts";
import { counterItemKey, markerKey, markerPartition, SHARDS } from "./ledger-items.ts";

const FINGERPRINT_BYTES = 12;

/**
 * Longer than anything can bring a batch again: CloudWatch Logs tries for a day, Lambda for six hours, and a
 * queue of dead letters keeps what failed for 14 days at most.
 */
const MARKERS_KEPT_SECONDS = 16 * 86_400;

/** The ledger in the ControlTable; `ledger-items.ts` says how it lies there. */
export class DynamoLedger implements LedgerStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async read(page: string): Promise<{ booked: ReadonlySet<string>; next: number }> {
    const booked = new Set<string>();
    let next = 0;
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": markerPartition(page) },
        ProjectionExpression: "pk, sk, events",
      },
    );
    for await (const { Items = [] } of pages)
      for (const marker of Items) {
        for (const fingerprint of fingerprintsIn(marker)) booked.add(fingerprint);
        next = Number(marker.sk) + 1;
      }
    return { booked, next };
  }

  book(page: string, number: number, { fingerprints, counters }: BookingPart): Promise<boolean> {
    const marker = {
      ...markerKey(page, number),
      events: Buffer.from(fingerprints.join(""), "base64"),
      expiresAt: Math.floor(Date.now() / 1000) + MARKERS_KEPT_SECONDS,
    };
    const isNew = "attribute_not_exists(pk)";
    return conditionsHold(() => {
      // Another shard for each attempt: one that met another run's transaction need not meet it again.
      const shard = Math.floor(Math.random() * SHARDS);
      const TransactItems = [
        { Put: { TableName: this.#table, Item: marker, ConditionExpression: isNew } },
        ...counters.map((counter) => ({ Update: this.#added(counter, shard) })),
      ];
      return this.#client.send(new TransactWriteCommand({ TransactItems }));
    });
  }

  #added({ key, amounts }: Counters, shard: number) {
    const names: Record<string, string> = {};
    const values: Record<string, number> = {};
    const additions: string[] = [];
    for (const [name, amount] of amounts) {
      const place = additions.length;
      names[`#${place}`] = name;
      values[`:${place}`] = amount;
      additions.push(`#${place} :${place}`);
    }
    return {
      TableName: this.#table,
      Key: counterItemKey(key, shard),
      UpdateExpression: `ADD ${additions.join(", ")}`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    };
  }
}

function fingerprintsIn(marker: Item): string[] {
  const { events } = marker;
  if (!(events instanceof Uint8Array) || events.length % FINGERPRINT_BYTES !== 0) throw damaged(marker);
  const bytes = Buffer.from(events.buffer, events.byteOffset, events.length);
  const found: string[] = [];
  for (let start = 0; start < bytes.length; start += FINGERPRINT_BYTES)
    found.push(bytes.toString("base64", start, start + FINGERPRINT_BYTES));
  return found;
}
