import { describe, expect, it } from "@jest/globals";
import { demoFlights } from "../../scripts/demo/demo-flights.ts";
import { demoAccounts } from "../../scripts/demo/demo-loyalty.ts";
import { DEMO_TENANTS } from "../../scripts/demo/demo-tenants.ts";
import { flight } from "../../src/generated/flight.js";
import { loyaltyTransaction } from "../../src/generated/loyalty-transaction.js";

describe.each(DEMO_TENANTS)("the demo data of $slug", (tenant) => {
  it("are the same every time", () => {
    expect(demoFlights(tenant)).toEqual(demoFlights(tenant));
    expect(demoAccounts(tenant)).toEqual(demoAccounts(tenant));
  });

  it("are what the API itself would answer", () => {
    for (const item of demoFlights(tenant)) expect([flight(item), flight.errors]).toEqual([true, null]);
    for (const item of demoAccounts(tenant).flatMap(({ ledger }) => ledger))
      expect([loyaltyTransaction(item), loyaltyTransaction.errors]).toEqual([true, null]);
  });

  it("have flights that arrive after they depart, and a flight number once a day", () => {
    const flights = demoFlights(tenant);
    for (const { departure, arrival, origin, destination } of flights) {
      expect(Date.parse(arrival)).toBeGreaterThan(Date.parse(departure));
      expect(origin).not.toBe(destination);
    }
    const days = flights.map(({ flightNumber, departure }) => `${flightNumber} ${departure.slice(0, 10)}`);
    expect(new Set(days).size).toBe(days.length);
    expect(new Set(flights.map(({ flightId }) => flightId)).size).toBe(flights.length);
  });

  it("have balances that are the sum of their ledgers and were never below zero", () => {
    for (const { ledger, points } of demoAccounts(tenant)) {
      let balance = 0;
      for (const entry of ledger) {
        balance += entry.type === "earn" ? entry.points : -entry.points;
        expect(balance).toBeGreaterThanOrEqual(0);
      }
      expect(balance).toBe(points);
      const ids = ledger.map(({ transactionId }) => transactionId);
      expect([...ids].sort()).toEqual(ids);
    }
  });
});
