import { describe, expect, it } from "@jest/globals";
import { checkChanges, isFlightId, newFlightOf } from "../../src/domain/flights/flight.ts";
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

describe("changes", () => {
  it("are judged by what they say themselves and no more", () => {
    expect(checkChanges({ departure: "2027-03-01T18:00:00Z" })).toEqual({
      departure: "2027-03-01T18:00:00Z",
    });
    expect(refusalOf(() => checkChanges({ origin: "JFK", destination: "JFK" })).code).toBe("invalid");
  });
});
