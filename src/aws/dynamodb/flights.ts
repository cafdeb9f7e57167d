import { GetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { VerifiedTenant } from "../../domain/access/verified-tenant.ts";
import type { ExpectedVersion } from "../../domain/entity-version.ts";
import { changedFlight, type Flight, type FlightId, staleVersion } from "../../domain/flights/flight.ts";
import type { IdempotencyKey, Outcome } from "../../domain/idempotency.ts";
import { domainEvent } from "../../domain/messaging/domain-event.ts";
import type { Page } from "../../domain/page.ts";
import { Refusal } from "../../domain/refusal.ts";
import type { FlightChanges } from "../../generated/flight-changes.d.ts";
import {
  type FlightItem,
  type FlightPosition,
  flightItem,
  flightKey,
  flightOf,
  flightsPartition,
  storedInstant,
} from "./flight-item.ts";
import { writeOnce } from "./idempotent-write.ts";
import { outboxPut } from "./outbox-items.ts";
import { tenantClient } from "./tenant-client.ts";
import { versionCondition } from "./version-condition.ts";
import { type Reasons, whileContended, writeTogether } from "./write-together.ts";

/** Which flights of a tenant to list; `from` and `to` bound the departure, `to` is exclusive. */
export interface FlightSearch {
  readonly origin?: string | undefined;
  readonly destination?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly after?: FlightPosition | undefined;
  readonly limit: number;
}

/** A filtered page is looked for among at most so many flights, so that the request stays one small read. */
const EXAMINED_FLIGHTS = 500;

const NO_SUCH_FLIGHT = "There is no such flight.";

/**
 * The tenant's flights; each method is one call to DynamoDB, but `change`, which is two. Every change is written
 * together with the event that tells of it.
 */
export function flightsOf(tenant: VerifiedTenant) {
  const client = tenantClient(tenant);
  const TableName = config.dataTable();
  const keyOf = (flightId: FlightId) => flightKey(tenant.tenantId, flightId);

  /** Throws a Refusal `not-found`. */
  async function get(flightId: FlightId): Promise<Flight> {
    const { Item } = await client.send(
      new GetCommand({ TableName, Key: keyOf(flightId), ConsistentRead: true }),
    );
    if (!Item) throw new Refusal("not-found", NO_SUCH_FLIGHT);
    return flightOf(Item as FlightItem);
  }

  return {
    /** Adds a flight; under an idempotency key only once. */
    async add(flight: Flight, key?: IdempotencyKey): Promise<Outcome<Flight>> {
      const Item = flightItem(tenant.tenantId, flight);
      const writes = [
        { Put: { TableName, Item, ConditionExpression: "attribute_not_exists(pk)" } },
        outboxPut(domainEvent("flight.created", tenant.tenantId, flight)),
      ];
      if (key) return writeOnce(tenant, key, flight, writes);
      // Nobody else has these ids: where they exist it is our own flight, of a call whose answer was lost.
      await whileContended(() => writeTogether(client, writes));
      return { result: flight, replayed: false };
    },

    get,

    /**
     * Reads the flight and writes it as it will be, if it is still the one that was read: a transaction gives no
     * new item back, and the event tells of all of it.
     * Throws a Refusal `not-found`, `precondition-failed`, `invalid` where the changes do not fit the rest, or `busy`.
     */
    async change(flightId: FlightId, changes: FlightChanges, expected: ExpectedVersion): Promise<Flight> {
      return whileContended(async () => {
        const before = await get(flightId);
        const after = changedFlight(before, changes, expected);
        const Item = flightItem(tenant.tenantId, after);
        const outcome = await writeTogether(client, [
          { Put: { TableName, Item, ...versionCondition([before.version]) } },
          outboxPut(domainEvent("flight.changed", tenant.tenantId, after)),
        ]);
        // Whoever was faster changed what all of this rests on: it is judged anew.
        return outcome === "written" ? after : "contended";
      });
    },

    /** Throws a Refusal `not-found`, `precondition-failed` or `busy`. */
    async remove(flightId: FlightId, expected: ExpectedVersion): Promise<void> {
      const outcome = await whileContended(() =>
        writeTogether(client, [
          {
            Delete: {
              TableName,
              Key: keyOf(flightId),
              ...versionCondition(expected),
              ReturnValuesOnConditionCheckFailure: "ALL_OLD",
            },
          },
          outboxPut(domainEvent("flight.deleted", tenant.tenantId, { flightId })),
        ]),
      );
      if (outcome !== "written") throw explainFailedWrite(outcome);
    },

    /**
     * Flights by departure. Under a filter on the airports a page may hold fewer flights than asked for
     * while there are more to come: `next` says so.
     */
    async list(search: FlightSearch): Promise<Page<Flight>> {
      const query = listQuery(tenant, search);
      if (!query) return { items: [], next: null };
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({ TableName, IndexName: "byTime", ...query }),
      );
      const found = Items as FlightItem[];
      const page = found.slice(0, search.limit);
      const next = found.length > search.limit ? page.at(-1)?.timeSk : LastEvaluatedKey?.timeSk;
      return { items: page.map(flightOf), next: next ?? null };
    },
  };
}

/** Later than every position of that moment or flight, and earlier than the next one: ids are of letters and digits. */
const justAfter = (position: string) => `${position}$`;

/** Undefined when the bounds leave nothing between them, which DynamoDB would refuse. */
function listQuery(
  { tenantId }: VerifiedTenant,
  { origin, destination, from, to, after, limit }: FlightSearch,
) {
  const bound = from ? storedInstant(from) : "0";
  // Beginning after the cursor by a key condition, and not by ExclusiveStartKey, lets the cursor be
  // any position: DynamoDB refuses a start key outside the range that is asked for.
  const earliest = after && after >= bound ? justAfter(after) : bound;
  // Every position of the moment `to` is later than the bare moment, so `to` itself is left out.
  const latest = to ? storedInstant(to) : "9999-99";
  if (earliest > latest) return undefined;
  const filters = [origin && "#origin = :origin", destination && "#destination = :destination"].filter(
    Boolean,
  );
  return {
    KeyConditionExpression: "timePk = :flights AND timeSk BETWEEN :earliest AND :latest",
    ExpressionAttributeValues: {
      ":flights": flightsPartition(tenantId),
      ":earliest": earliest,
      ":latest": latest,
      ...(origin && { ":origin": origin }),
      ...(destination && { ":destination": destination }),
    },
    ...(filters.length > 0 && {
      FilterExpression: filters.join(" AND "),
      ExpressionAttributeNames: {
        ...(origin && { "#origin": "origin" }),
        ...(destination && { "#destination": "destination" }),
      },
    }),
    Limit: filters.length > 0 ? Math.max(limit + 1, EXAMINED_FLIGHTS) : limit + 1,
  };
}

/** Why a flight was not deleted, judged by the item that was met. */
function explainFailedWrite([ofFlight]: Reasons): Refusal {
  return ofFlight?.Item ? staleVersion() : new Refusal("not-found", NO_SUCH_FLIGHT);
}
