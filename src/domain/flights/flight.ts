import { ulid } from "ulid";
import type { FlightChanges } from "../../generated/flight-changes.d.ts";
import type { NewFlight } from "../../generated/new-flight.d.ts";
import type { ExpectedVersion } from "../entity-version.ts";
import { Refusal } from "../refusal.ts";
import { type Instant, instantOf } from "../time.ts";

declare const brand: unique symbol;

/** `flt_` + ULID. */
export type FlightId = string & { readonly [brand]: "FlightId" };

const FLIGHT_ID = /^flt_[0-9A-HJKMNP-TV-Z]{26}$/;

export function isFlightId(text: unknown): text is FlightId {
  return typeof text === "string" && FLIGHT_ID.test(text);
}

/** A flight as it is stored and answered. */
export interface Flight extends NewFlight {
  readonly flightId: FlightId;
  /** 1 for a new flight, one more with every change. */
  readonly version: number;
}

/** A new flight with an id of its own. Throws a Refusal `invalid` when it breaks a rule. */
export function newFlightOf(flight: NewFlight): Flight {
  const id = `flt_${ulid()}`;
  if (!isFlightId(id)) throw new Error("the ULID library made an id that is none");
  checkRules(flight);
  return { flightId: id, ...flight, version: 1 };
}

/**
 * The flight after the changes, one version on. Throws a Refusal `precondition-failed` where its version is none
 * of the expected, `invalid` where the changes do not fit each other or what they leave as it is.
 */
export function changedFlight(flight: Flight, changes: FlightChanges, expected: ExpectedVersion): Flight {
  if (expected !== "any" && !expected.includes(flight.version)) throw staleVersion();
  const changed = { ...flight, ...changes, version: flight.version + 1 };
  checkRules(changed);
  return changed;
}

/** Somebody changed the flight since the caller read it. */
export function staleVersion(): Refusal {
  return new Refusal("precondition-failed", "The flight was changed in the meantime; read it again.");
}

const ARRIVES_BEFORE_DEPARTURE = "The flight must arrive after it departs.";
const ENDS_WHERE_IT_BEGINS = "Origin and destination must differ.";

function checkRules({ origin, destination, departure, arrival }: NewFlight): void {
  if (origin === destination) refuse("destination", ENDS_WHERE_IT_BEGINS);
  const departs = moment("departure", departure);
  const arrives = moment("arrival", arrival);
  if (arrives <= departs) refuse("arrival", ARRIVES_BEFORE_DEPARTURE);
}

function moment(member: string, time: string): Instant {
  return instantOf(time) ?? refuse(member, "The calendar has no such day.");
}

function refuse(member: string, detail: string): never {
  throw new Refusal("invalid", detail, [{ pointer: `#/${member}`, detail }]);
}
