import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { config } from "../../config.ts";
import type { VerifiedTenant } from "../../domain/access/verified-tenant.ts";
import type { Schedule } from "../../domain/tenancy/rate-limit.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { tenantClient } from "./tenant-client.ts";

/** Instances and tenants meet on one item; a call that lost this often comes too fast in any case. */
const MOST_WRITES = 4;
const REMEMBERED_TENANTS = 1000;
/** A bucket that nobody spent from for so long is full, which is what an absent one is. */
const KEPT_SECONDS = 86_400;

/**
 * Token buckets of tenants, kept in DynamoDB, so that all instances of all functions spend from one.
 *
 * A call is one conditional write. The theoretical arrival time of the next call only ever moves on, so an
 * instance that saw it too far ahead refuses without asking: a flood costs no writes. A call writes twice only
 * where the instance did not know whether the bucket was full.
 */
export class RateLimiter {
  /** The theoretical arrival time of a tenant's next call, epoch milliseconds, as this instance saw it last. */
  readonly #remembered = new Map<TenantId, number>();
  readonly #now: () => number;

  /**
   * @param now this instance's clock. One that is fast by d lets d × rate calls through too early, once, and the
   * others that many fewer; the rate over a longer time stays.
   */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Spends one call of the tenant's bucket. Answers 0, or for how many milliseconds the bucket stays empty. */
  async spend(tenant: VerifiedTenant, schedule: Schedule): Promise<number> {
    const client = tenantClient(tenant);
    for (let write = 0; write < MOST_WRITES; write += 1) {
      const time = this.#now();
      const arrival = this.#remembered.get(tenant.tenantId);
      const wait = (arrival ?? 0) - schedule.tolerance - time;
      if (wait > 0) return wait;
      const isFull = arrival === undefined || arrival < time;
      const found = await spend(client, tenant.tenantId, schedule, { time, isFull });
      this.#remember(tenant.tenantId, found.arrival);
      if (found.spent) return 0;
    }
    return schedule.interval;
  }

  /** Answers come in any order: what is further ahead is the newer. */
  #remember(tenantId: TenantId, arrival = 0): void {
    const latest = Math.max(arrival, this.#remembered.get(tenantId) ?? 0);
    this.#remembered.delete(tenantId);
    this.#remembered.set(tenantId, latest);
    if (this.#remembered.size <= REMEMBERED_TENANTS) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}

interface Found {
  readonly spent: boolean;
  /** Of the next call, as it now stands; undefined for a bucket that nobody has spent from yet. */
  readonly arrival: number | undefined;
}

/** Each condition holds only of what the write was made for, so a wrong guess writes nothing. */
async function spend(
  client: DynamoDBDocumentClient,
  tenantId: TenantId,
  { interval, tolerance }: Schedule,
  { time, isFull }: { time: number; isFull: boolean },
): Promise<Found> {
  const write = isFull
    ? {
        UpdateExpression: "SET arrival = :next, expiresAt = :expiresAt",
        ConditionExpression: "attribute_not_exists(arrival) OR arrival < :now",
        values: { ":next": time + interval, ":now": time },
      }
    : {
        UpdateExpression: "SET arrival = arrival + :interval, expiresAt = :expiresAt",
        ConditionExpression: "arrival >= :now AND arrival <= :latest",
        values: { ":interval": interval, ":now": time, ":latest": time + tolerance },
      };
  const { values, ...expressions } = write;
  try {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: config.dataTable(),
        Key: { pk: `${tenantId}#rate`, sk: "http-api" },
        ...expressions,
        ExpressionAttributeValues: { ...values, ":expiresAt": Math.ceil(time / 1000) + KEPT_SECONDS },
        ReturnValues: "UPDATED_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    return { spent: true, arrival: arrivalIn(Attributes) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { spent: false, arrival: arrivalIn(error.Item && unmarshall(error.Item)) };
  }
}

function arrivalIn(item: Record<string, unknown> | undefined): number | undefined {
  return typeof item?.arrival === "number" ? item.arrival : undefined;
}
