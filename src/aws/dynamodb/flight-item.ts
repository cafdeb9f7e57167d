import type { Flight, FlightId } from "../../domain/flights/flight.ts";
import { isFlightId } from "../../domain/flights/flight.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { type Instant, instantOf, isInstant } from "../../domain/time.ts";

/** A flight in DataTable, in a partition of its own; the index `byTime` lists the tenant's flights by departure. */
export interface FlightItem extends Flight {
  readonly pk: string;
  readonly sk: "flight";
  readonly timePk: string;
  readonly timeSk: FlightPosition;
  readonly departureAt: Instant;
  readonly arrivalAt: Instant;
}

declare const brand: unique symbol;

/** Sort key in `byTime`: `<departure in UTC>#<flight id>`. */
export type FlightPosition = string & { readonly [brand]: "FlightPosition" };

export function isFlightPosition(text: string): text is FlightPosition {
  const [departure = "", flightId, ...rest] = text.split("#");
  return rest.length === 0 && isInstant(departure) && isFlightId(flightId);
}

function flightPosition(departureAt: Instant, flightId: FlightId): FlightPosition {
  const position = `${departureAt}#${flightId}`;
  if (!isFlightPosition(position)) throw new Error(`${position} is no position of a flight`);
  return position;
}

export function flightKey(tenantId: TenantId, flightId: FlightId) {
  return { pk: `${tenantId}#flight#${flightId}`, sk: "flight" } as const;
}

/** Partition of `byTime` with all the tenant's flights. */
export function flightsPartition(tenantId: TenantId): string {
  return `${tenantId}#flights`;
}

export function flightItem(tenantId: TenantId, flight: Flight): FlightItem {
  const departureAt = storedInstant(flight.departure);
  return {
    ...flightKey(tenantId, flight.flightId),
    timePk: flightsPartition(tenantId),
    timeSk: flightPosition(departureAt, flight.flightId),
    departureAt,
    arrivalAt: storedInstant(flight.arrival),
    ...flight,
  };
}

/** A time that the domain has let through. */
export function storedInstant(time: string): Instant {
  const instant = instantOf(time);
  if (!instant) throw new Error(`${time} is no moment in time`);
  return instant;
}

/** The flight without what only the table needs; members in the order in which they are documented. */
export function flightOf(item: FlightItem): Flight {
  const { flightId, flightNumber, origin, destination, departure, arrival, aircraft, seats, fare, version } =
    item;
  return { flightId, flightNumber, origin, destination, departure, arrival, aircraft, seats, fare, version };
}
