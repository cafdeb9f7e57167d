import { ulid } from "ulid";
import { type Flight, isFlightId } from "../../src/domain/flights/flight.ts";
import { type Airport, distance } from "./airports.ts";
import type { DemoTenant } from "./demo-tenants.ts";
import { between, pick, type Random, randomOf } from "./random.ts";

const FIRST_DAY = Date.UTC(2027, 2, 1);
const DAYS = 14;
const FLIGHTS = 160;
const FILED = Date.UTC(2026, 9, 1);

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Taxiing, climb and approach. */
const GROUND_MINUTES = 30;

/** A fortnight's timetable out of the hub and back; the same for a tenant every time. */
export function demoFlights(tenant: DemoTenant): Flight[] {
  const random = randomOf(`${tenant.slug} flights`);
  return Array.from({ length: FLIGHTS }, (_, index) => demoFlight(tenant, index, random));
}

function demoFlight(tenant: DemoTenant, index: number, random: Random): Flight {
  const { airline, hub, destinations, currency } = tenant;
  const outbound = index % 2 === 0;
  const away = destinations[Math.floor(index / 2) % destinations.length] ?? destinations[0];
  const kilometres = distance(hub, away);
  const aircraft = aircraftFor(tenant, hub, away);
  const minutes = GROUND_MINUTES + Math.round(((kilometres / aircraft.speed) * 60) / 5) * 5;
  const route = destinations.indexOf(away);
  const flightNumber = `${airline}${100 + route * 2 + (outbound ? 0 : 1)}`;
  // A flight number flies once a day at most, always at the same time.
  const day = (Math.floor(index / (2 * destinations.length)) + route) % DAYS;
  const departure = FIRST_DAY + day * DAY + departureMinutes(randomOf(flightNumber)) * MINUTE;
  return {
    flightId: demoFlightId(index, random),
    flightNumber,
    origin: outbound ? hub : away,
    destination: outbound ? away : hub,
    departure: rfc3339(departure),
    arrival: rfc3339(departure + minutes * MINUTE),
    aircraft: aircraft.type,
    seats: aircraft.seats,
    fare: { amount: fare(kilometres, random), currency },
    version: 1,
  };
}

/** Between 05:00 and 22:55, to five minutes. */
function departureMinutes(random: Random): number {
  return 5 * between(random, 60, 275);
}

function aircraftFor({ fleet }: DemoTenant, from: Airport, to: Airport) {
  const kilometres = distance(from, to);
  return fleet.find(({ range }) => range >= kilometres) ?? fleet[0];
}

/** In minor units: a base, so much a kilometre, and what the season does to it. */
function fare(kilometres: number, random: Random): number {
  const season = pick(random, [0.8, 0.9, 1, 1.1, 1.4]);
  return Math.round(((2900 + kilometres * 6) * season) / 100) * 100;
}

function demoFlightId(index: number, random: Random) {
  const id = `flt_${ulid(FILED + index * MINUTE, random)}`;
  if (!isFlightId(id)) throw new Error(`${id} is no flight id`);
  return id;
}

function rfc3339(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
