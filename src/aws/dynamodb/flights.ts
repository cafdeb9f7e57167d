import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { config } from "../../config.ts";
import type { VerifiedTenant } from "../../domain/access/verified-tenant.ts";
import type { ExpectedVersion } from "../../domain/entity-version.ts";
import { checkChanges, type Flight, type FlightId } from "../../domain/flights/flight.ts";
import type { IdempotencyKey, Outcome } from "../../domain/idempotency.ts";
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
import { flightUpdate } from "./flight-update.ts";
import { writeOnce } from "./idempotent-write.ts";
import { tenantClient } from "./tenant-client.ts";
import { versionCondition } from "./version-condition.ts";

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

/** The tenant's flights; each method is one call to DynamoDB. */
export function flightsOf(tenant: VerifiedTenant) {
  const client = tenantClient(tenant);
  const TableName = config.dataTable();
  const keyOf = (flightId: FlightId) => flightKey(tenant.tenantId, flightId);

  return {
    /** Adds a flight; under an idempotency key only once. */
    async add(flight: Flight, key?: IdempotencyKey): Promise<Outcome<Flight>> {
      const put = {
        TableName,
        Item: flightItem(tenant.tenantId, flight),
        ConditionExpression: "attribute_not_exists(pk)",
      };
      if (key) return writeOnce(tenant, key, flight, [{ Put: put }]);
      try {
        await client.send(new PutCommand(put));
      } catch (error) {
        // Nobody else has this id: it is our own flight, of a call whose answer was lost and which the SDK
        // then made again.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
      return { result: flight, replayed: false };
    },

    /** Throws a Refusal `not-found`. */
    async get(flightId: FlightId): Promise<Flight> {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: keyOf(flightId), ConsistentRead: true }),
      );
      if (!Item) throw new Refusal("not-found", NO_SUCH_FLIGHT);
      return flightOf(Item as FlightItem);
    },

    /** Throws a Refusal `not-found`, `precondition-failed`, or `invalid` where the changes do not fit the rest. */
    async change(flightId: FlightId, changes: FlightChanges, expected: ExpectedVersion): Promise<Flight> {
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(flightId),
            ...flightUpdate(flightId, changes, expected),
            ReturnValues: "ALL_NEW",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        );
        return flightOf(Attributes as FlightItem);
      } catch (error) {
        throw explainFailedWrite(error, expected, changes);
      }
    },

    /** Throws a Refusal `not-found` or `precondition-failed`. */
    async remove(flightId: FlightId, expected: ExpectedVersion): Promise<void> {
      try {
        await client.send(
          new DeleteCommand({
            TableName,
            Key: keyOf(flightId),
            ...versionCondition(expected),
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        );
      } catch (error) {
        throw explainFailedWrite(error, expected);
      }
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

/** Why a conditional write failed, judged by the item that it met. */
function explainFailedWrite(error: unknown, expected: ExpectedVersion, changes: FlightChanges = {}): unknown {
  if (!(error instanceof ConditionalCheckFailedException)) return error;
  if (!error.Item) return new Refusal("not-found", NO_SUCH_FLIGHT);
  const met = flightOf(unmarshall(error.Item) as FlightItem);
  if (expected !== "any" && !expected.includes(met.version))
    return new Refusal("precondition-failed", "The flight was changed in the meantime; read it again.");
  checkChanges({ ...met, ...changes });
  return error;
}
