import type { ExpectedVersion } from "../../domain/entity-version.ts";
import type { FlightId } from "../../domain/flights/flight.ts";
import type { FlightChanges } from "../../generated/flight-changes.d.ts";
import { flightPosition, storedInstant } from "./flight-item.ts";
import { type Expression, versionCondition } from "./version-condition.ts";

/** One write that applies the changes if the flight is of an expected version and stays a possible one. */
export function flightUpdate(
  flightId: FlightId,
  changes: FlightChanges,
  expected: ExpectedVersion,
): Expression {
  const attributes = changedAttributes(flightId, changes);
  const condition = versionCondition(expected);
  const assignments = Object.keys(attributes).map((name) => `#${name} = :${name}`);
  return {
    UpdateExpression: `SET ${[...assignments, "#version = #version + :one"].join(", ")}`,
    ConditionExpression: [condition.ConditionExpression, ...unchangedParts(changes)].join(" AND "),
    ExpressionAttributeNames: {
      ...condition.ExpressionAttributeNames,
      "#version": "version",
      ...Object.fromEntries(Object.keys(attributes).map((name) => [`#${name}`, name])),
      ...namesOfUnchangedParts(changes),
    },
    ExpressionAttributeValues: {
      ...condition.ExpressionAttributeValues,
      ":one": 1,
      ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
    },
  };
}

function changedAttributes(flightId: FlightId, changes: FlightChanges): Record<string, unknown> {
  const departureAt = changes.departure && storedInstant(changes.departure);
  const arrivalAt = changes.arrival && storedInstant(changes.arrival);
  return {
    ...changes,
    ...(departureAt && { departureAt, timeSk: flightPosition(departureAt, flightId) }),
    ...(arrivalAt && { arrivalAt }),
  };
}

/** The rules of a flight where a change meets what it leaves as it is: judged by the write itself. */
function unchangedParts({ origin, destination, departure, arrival }: FlightChanges): string[] {
  return [
    ...(origin && !destination ? ["#destination <> :origin"] : []),
    ...(destination && !origin ? ["#origin <> :destination"] : []),
    ...(departure && !arrival ? ["#arrivalAt > :departureAt"] : []),
    ...(arrival && !departure ? ["#departureAt < :arrivalAt"] : []),
  ];
}

function namesOfUnchangedParts({
  origin,
  destination,
  departure,
  arrival,
}: FlightChanges): Record<string, string> {
  return {
    ...(origin && !destination && { "#destination": "destination" }),
    ...(destination && !origin && { "#origin": "origin" }),
    ...(departure && !arrival && { "#arrivalAt": "arrivalAt" }),
    ...(arrival && !departure && { "#departureAt": "departureAt" }),
  };
}
