import { describe, expect, it } from "@jest/globals";
import { changedFlight, isFlightId, newFlightOf } from "../../src/domain/flights/flight.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { NEW_FLIGHT } from "../support/flight.ts";

const flight = NEW_FLIGHT;

function refusalOf(act: () => unknown): Refusal {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("a flight is refused", () => {
  it("that ends where it begins", () => {
    expect(refusalOf(() => newFlightOf({ ...flight, destination: "LHR" })).findings[0]?.pointer).toBe(
      "#/destination",
    );
  });
  it("that arrives before it departs, or at that moment, across zones", () => {
    const departure = "2027-03-01T09:00:00+09:00";
    for (const arrival of ["2027-03-01T00:00:00Z", "2027-02-28T23:59:59Z", "2027-03-01T08:59:59+09:00"])
      expect(refusalOf(() => newFlightOf({ ...flight, departure, arrival })).findings[0]?.pointer).toBe(
        "#/arrival",
      );
  });
  it("on a day that the calendar does not have", () => {
    for (const departure of ["2027-02-29T09:00:00Z", "2027-02-30T09:00:00Z", "2027-04-31T09:00:00+02:00"])
      expect(refusalOf(() => newFlightOf({ ...flight, departure })).findings[0]?.pointer).toBe("#/departure");
  });
});

describe("a flight", () => {
  it("gets an id of its own and version 1", () => {
    const created = newFlightOf(flight);
    expect(isFlightId(created.flightId)).toBe(true);
    expect(created).toEqual({ flightId: created.flightId, ...flight, version: 1 });
  });
  it("may land earlier by the clock on the wall than it started", () => {
    const east = { departure: "2027-03-01T09:00:00+13:00", arrival: "2027-02-28T20:00:00-10:00" };
    expect(newFlightOf({ ...flight, ...east }).arrival).toBe(east.arrival);
  });
  it("takes the 29 February of a leap year", () => {
    const leap = { departure: "2028-02-29T09:00:00Z", arrival: "2028-02-29T10:00:00Z" };
    expect(newFlightOf({ ...flight, ...leap }).departure).toBe(leap.departure);
  });
});

describe("a change of a flight is refused", () => {
  const stored = newFlightOf(flight);

  it("that was made of another version than it is now, whatever else is wrong with it", () => {
    for (const expected of [[], [2], [2, 3]])
      expect(refusalOf(() => changedFlight(stored, { origin: "JFK" }, expected)).code).toBe(
        "precondition-failed",
      );
  });
  it("that does not fit what it leaves as it is", () => {
    const pointers = [
      [{ departure: flight.arrival }, "#/arrival"],
      [{ arrival: flight.departure }, "#/arrival"],
      [{ origin: "JFK" }, "#/destination"],
      [{ destination: "LHR" }, "#/destination"],
    ] as const;
    for (const [changes, pointer] of pointers)
      expect(refusalOf(() => changedFlight(stored, changes, [1])).findings[0]?.pointer).toBe(pointer);
  });
  it("that is impossible by itself", () => {
    expect(refusalOf(() => changedFlight(stored, { origin: "MUC", destination: "MUC" }, "any")).code).toBe(
      "invalid",
    );
    const noSuchDay = { departure: "2027-02-29T09:00:00Z" };
    expect(refusalOf(() => changedFlight(stored, noSuchDay, "any")).findings[0]?.pointer).toBe("#/departure");
  });
});

describe("a changed flight", () => {
  it("is what it was, but for the changes, and one version on", () => {
    const stored = newFlightOf(flight);
    for (const expected of ["any", [1], [7, 1]] as const)
      expect(changedFlight(stored, { seats: 1 }, expected)).toEqual({ ...stored, seats: 1, version: 2 });
  });
});
