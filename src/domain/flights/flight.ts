import { ulid } from "ulid";
import type { FlightChanges } from "../../generated/flight-changes.d.ts";
import type { NewFlight } from "../../generated/new-flight.d.ts";
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
 * Changes to a flight that is not at hand: what they leave as it is cannot be judged here, so the rules
 * that involve it are left to the conditions of the write.
 */
export function checkChanges(changes: FlightChanges): FlightChanges {
  checkRules(changes);
  return changes;
}

const ARRIVES_BEFORE_DEPARTURE = "The flight must arrive after it departs.";
const ENDS_WHERE_IT_BEGINS = "Origin and destination must differ.";

function checkRules({ origin, destination, departure, arrival }: FlightChanges): void {
  if (origin !== undefined && origin === destination) refuse("destination", ENDS_WHERE_IT_BEGINS);
  const departs = moment("departure", departure);
  const arrives = moment("arrival", arrival);
  if (departs && arrives && arrives <= departs) refuse("arrival", ARRIVES_BEFORE_DEPARTURE);
}

function moment(member: string, time: string | undefined): Instant | undefined {
  if (time === undefined) return undefined;
  return instantOf(time) ?? refuse(member, "The calendar has no such day.");
}

function refuse(member: string, detail: string): never {
  throw new Refusal("invalid", detail, [{ pointer: `#/${member}`, detail }]);
}
