import { randomUUID } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { EventClaim, EventKey, SeenEvents } from "../../domain/messaging/consumer-ports.ts";
import type { Consumer } from "../../domain/messaging/event-type.ts";
import { conditionsHold } from "./conditional-write.ts";
import type { ItemKey } from "./control-items.ts";

/** How long what is remembered has to last, and a run that is at an event; in milliseconds. */
export interface SeenEventTimes {
  readonly remembered: number;
  /** Longer than a run can last, and shorter than what Lambda waits before it tries again. */
  readonly lease: number;
}

const BY_OWNER = "#owner = :owner";
const OWNER = { "#owner": "owner" };

/**
 * The events that a consumer has seen, in the ControlTable under `seen#<consumer>#<source>#<id>`. A claim is a lease:
 * a run that crashed leaves one that ends by itself. An item goes when no event of its age is believed any more.
 */
export class DynamoSeenEvents implements SeenEvents {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #consumer: Consumer;
  readonly #times: SeenEventTimes;
  readonly #now: () => number;

  constructor(
    client: DynamoDBDocumentClient,
    table: string,
    consumer: Consumer,
    times: SeenEventTimes,
    now: () => number = Date.now,
  ) {
    this.#client = client;
    this.#table = table;
    this.#consumer = consumer;
    this.#times = times;
    this.#now = now;
  }

  async claim(event: EventKey): Promise<EventClaim | "handled" | "held"> {
    const now = this.#now();
    const owner = randomUUID();
    const item = {
      ...this.#keyOf(event),
      owner,
      leaseUntil: now + this.#times.lease,
      expiresAt: Math.ceil((now + this.#times.remembered) / 1000),
    };
    const put = new PutCommand({
      TableName: this.#table,
      Item: item,
      // Only a lease can run out: what is handled has none.
      ConditionExpression: `attribute_not_exists(pk) OR leaseUntil < :now OR ${BY_OWNER}`,
      ExpressionAttributeNames: OWNER,
      ExpressionAttributeValues: { ":now": now, ":owner": owner },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    try {
      await this.#client.send(put);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item?.leaseUntil === undefined ? "handled" : "held";
    }
    return this.#claimed(event, owner);
  }

  #claimed(event: EventKey, owner: string): EventClaim {
    const update = async (UpdateExpression: string, values: Readonly<Record<string, number>> = {}) => {
      const command = new UpdateCommand({
        TableName: this.#table,
        Key: this.#keyOf(event),
        UpdateExpression,
        // A claim that another run has taken over meanwhile is that run's to end.
        ConditionExpression: BY_OWNER,
        ExpressionAttributeNames: OWNER,
        ExpressionAttributeValues: { ":owner": owner, ...values },
      });
      await conditionsHold(() => this.#client.send(command));
    };
    return {
      finish: () => update("REMOVE leaseUntil"),
      release: () => update("SET leaseUntil = :over", { ":over": 0 }),
    };
  }

  #keyOf({ source, id }: EventKey): ItemKey {
    return { pk: `seen#${this.#consumer}#${source}#${id}`, sk: "seen" };
  }
}
