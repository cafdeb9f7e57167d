import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  paginateScan,
} from "@aws-sdk/lib-dynamodb";
import type { WaitingEvent } from "../../domain/messaging/outbox-event.ts";
import type { SweptOutbox } from "../../domain/messaging/sweep.ts";

/** The outbox as a relay reaches it: its producer's events by their keys, and of all others the keys alone. */
export class DynamoOutbox implements SweptOutbox {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** Read consistently: what another run has removed is not sent again. */
  async read(keys: readonly string[]) {
    if (keys.length === 0) return { found: [], unread: [] };
    const { Responses = {}, UnprocessedKeys = {} } = await this.#client.send(
      new BatchGetCommand({
        RequestItems: { [this.#table]: { Keys: keys.map((pk) => ({ pk })), ConsistentRead: true } },
      }),
    );
    const found = Responses[this.#table] ?? [];
    return {
      found: found.map(({ pk, event }): WaitingEvent => ({ key: String(pk), event })),
      unread: (UnprocessedKeys[this.#table]?.Keys ?? []).map(({ pk }) => String(pk)),
    };
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteCommand({ TableName: this.#table, Key: { pk: key } }));
  }

  /**
   * A Scan, for which the table must be small: it holds what was told in the last second, and more only while the bus
   * or a key fails. No index, since one by producer would make a partition of it that every change waits for.
   */
  async *keys(prefixes: readonly string[]): AsyncIterable<readonly string[]> {
    const scan = {
      TableName: this.#table,
      ProjectionExpression: "pk",
      FilterExpression: prefixes.map((_, index) => `begins_with(pk, :${index})`).join(" OR "),
      ExpressionAttributeValues: Object.fromEntries(prefixes.map((prefix, index) => [`:${index}`, prefix])),
      // IAM allows no other attribute, so that neither producer's relay can read the other's events.
      Select: "SPECIFIC_ATTRIBUTES" as const,
    };
    for await (const { Items = [] } of paginateScan({ client: this.#client }, scan))
      yield Items.map(({ pk }) => String(pk));
  }
}
