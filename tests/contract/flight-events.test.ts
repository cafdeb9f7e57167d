import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { flightsOf } from "../../src/aws/dynamodb/flights.ts";
import { loyaltyOf } from "../../src/aws/dynamodb/loyalty.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { newFlightOf } from "../../src/domain/flights/flight.ts";
import { customerIdOf, transactionOf } from "../../src/domain/loyalty/transaction.ts";
import { eventData } from "../../src/generated/events/event-data.js";
import { NEW_FLIGHT } from "../support/flight.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { startAirlineStack } from "./support/airline-stack.ts";

let airline: Awaited<ReturnType<typeof startAirlineStack>>;
let tenant: VerifiedTenant;

beforeAll(async () => {
  airline = await startAirlineStack();
  Object.assign(process.env, airline.environmentOf("Airline"));
});
afterAll(() => airline.close());
beforeEach(() => {
  airline.wire.heal();
  tenant = someTenant();
});

const flights = () => flightsOf(tenant);
const loyalty = () => loyaltyOf(tenant);
const aFlight = () => newFlightOf({ ...NEW_FLIGHT });
const key = (id: string, requestDigest = "digest") => ({ id, requestDigest });

async function told() {
  const events = await airline.events();
  return events.filter(({ tenantId }) => tenantId === tenant.tenantId);
}

const typesTold = async () => (await told()).map(({ type }) => type);

async function addedFlight() {
  const { result } = await flights().add(aFlight());
  return result;
}

function book(type: "earn" | "redeem", points: number, id: string) {
  const customerId = customerIdOf("c1");
  return loyalty().book(transactionOf(customerId, { type, points, reason: "flight" }), key(id));
}

describe("nothing is told", () => {
  it("of a change that was refused: another version, impossible, or of no flight", async () => {
    const { flightId } = await addedFlight();
    const change = (changes: object, expected: readonly number[] | "any" = [1]) =>
      flights().change(flightId, changes, expected);
    await expect(change({ seats: 1 }, [2])).rejects.toMatchObject({ code: "precondition-failed" });
    await expect(change({ seats: 1 }, [])).rejects.toMatchObject({ code: "precondition-failed" });
    await expect(change({ origin: "JFK" })).rejects.toMatchObject({
      code: "invalid",
      findings: [{ pointer: "#/destination" }],
    });
    await expect(flights().change(aFlight().flightId, { seats: 1 }, "any")).rejects.toMatchObject({
      code: "not-found",
    });
    expect(await flights().get(flightId)).toMatchObject({ version: 1, seats: NEW_FLIGHT.seats });
    expect(await typesTold()).toEqual(["flight.created"]);
  });

  it("of a deletion that was refused", async () => {
    const { flightId } = await addedFlight();
    for (const expected of [[2], []])
      await expect(flights().remove(flightId, expected)).rejects.toMatchObject({
        code: "precondition-failed",
      });
    await expect(flights().remove(aFlight().flightId, "any")).rejects.toMatchObject({ code: "not-found" });
    expect(await typesTold()).toEqual(["flight.created"]);
  });

  it("of points that were not there", async () => {
    await expect(book("redeem", 1, "a")).rejects.toMatchObject({ code: "not-found" });
    await book("earn", 10, "b");
    await expect(book("redeem", 11, "c")).rejects.toMatchObject({ code: "insufficient-points" });
    expect((await told()).map(({ data }) => data)).toMatchObject([{ type: "earn", points: 10 }]);
  });

  it("twice of a request that was sent twice, and nothing of another one under its key", async () => {
    const first = await flights().add(aFlight(), key("k"));
    expect(await flights().add(aFlight(), key("k"))).toEqual({ ...first, replayed: true });
    await expect(flights().add(aFlight(), key("k", "other"))).rejects.toMatchObject({
      code: "idempotency-key-reused",
    });
    await book("earn", 10, "d");
    expect((await book("earn", 10, "d")).replayed).toBe(true);
    expect(await typesTold()).toEqual(["flight.created", "loyalty.points_moved"]);
  });
});

describe("each change is told once, as it is", () => {
  it("with the flight as it then was, and its version", async () => {
    const created = await addedFlight();
    const changed = await flights().change(created.flightId, { seats: 7 }, [1]);
    const moved = { departure: "2027-03-02T09:00:00Z", arrival: "2027-03-02T17:00:00+02:00" };
    const again = await flights().change(created.flightId, moved, "any");
    await flights().remove(created.flightId, [3]);
    expect([changed, again].map(({ version }) => version)).toEqual([2, 3]);
    const events = await told();
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["flight.created", created],
      ["flight.changed", changed],
      ["flight.changed", again],
      ["flight.deleted", { flightId: created.flightId }],
    ]);
    for (const { type, data, tenantId, source } of events)
      expect([eventData[type](data), tenantId, source]).toEqual([true, tenant.tenantId, "gatehouse.airline"]);
  });

  it("points with their entry of the ledger", async () => {
    const { result } = await book("earn", 10, "e");
    const [event] = await told();
    expect(event).toMatchObject({ type: "loyalty.points_moved", data: result });
    expect(eventData["loyalty.points_moved"](event?.data)).toBe(true);
  });

  it("a moved flight is listed at its new time alone", async () => {
    const { flightId } = await addedFlight();
    const moved = { departure: "2028-03-02T09:00:00Z", arrival: "2028-03-02T17:00:00Z" };
    await flights().change(flightId, moved, "any");
    const { items } = await flights().list({ limit: 10 });
    expect(items.map(({ departure }) => departure)).toEqual([moved.departure]);
  });

  it("of 12 changes at once of any version none is lost, and each tells of a version of its own", async () => {
    const { flightId } = await addedFlight();
    const changes = Array.from({ length: 12 }, (_, index) => ({ seats: 100 + index }));
    const done = await Promise.all(changes.map((change) => flights().change(flightId, change, "any")));
    const events = (await told()).filter(({ type }) => type === "flight.changed");
    const byVersion = (left: { version: number }, right: { version: number }) => left.version - right.version;
    expect(events.map(({ data }) => data as (typeof done)[number]).sort(byVersion)).toEqual(
      done.sort(byVersion),
    );
    expect(done.map(({ version }) => version)).toEqual(changes.map((_, index) => index + 2));
  });

  it("of 8 changes at once of one version one is made, and that one is told", async () => {
    const { flightId } = await addedFlight();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => flights().change(flightId, { seats: 100 + index }, [1])),
    );
    const refusals = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason.code] : [],
    );
    expect(refusals).toEqual(Array.from({ length: 7 }, () => "precondition-failed"));
    const [, changed, ...others] = await told();
    expect([changed?.data, others]).toEqual([await flights().get(flightId), []]);
  });
});

describe("where an answer is lost, and the SDK sends the request again", () => {
  const lost = () => airline.wire.failOnce("TransactWriteItems", "after");

  it("a flight is added once, told once, and taken for done", async () => {
    const flight = aFlight();
    lost();
    expect(await flights().add(flight)).toEqual({ result: flight, replayed: false });
    expect(airline.wire.seen.filter((name) => name === "TransactWriteItems")).toHaveLength(2);
    expect(await typesTold()).toEqual(["flight.created"]);
  });

  it("a change of one version is done and no conflict with itself", async () => {
    const { flightId } = await addedFlight();
    lost();
    expect(await flights().change(flightId, { seats: 7 }, [1])).toMatchObject({ version: 2, seats: 7 });
    expect(await typesTold()).toEqual(["flight.created", "flight.changed"]);
  });

  it("a deletion is done and not a flight that does not exist", async () => {
    const { flightId } = await addedFlight();
    lost();
    await expect(flights().remove(flightId, [1])).resolves.toBeUndefined();
    expect(await typesTold()).toEqual(["flight.created", "flight.deleted"]);
  });

  it("points are booked once", async () => {
    lost();
    expect(await book("earn", 10, "f")).toMatchObject({ result: { points: 10 } });
    expect(await loyalty().account(customerIdOf("c1"))).toMatchObject({ points: 10 });
    expect(await typesTold()).toEqual(["loyalty.points_moved"]);
  });
});

describe("a function that ends before or after each of its calls", () => {
  const CHANGES = {
    "flight.created": async () => void (await flights().add(aFlight())),
    "flight.changed": async (flightId) => void (await flights().change(flightId, { seats: 7 }, [1])),
    "flight.deleted": (flightId) => flights().remove(flightId, [1]),
    "loyalty.points_moved": async () => void (await book("earn", 10, "g")),
  } satisfies Record<
    string,
    (flightId: Awaited<ReturnType<typeof addedFlight>>["flightId"]) => Promise<void>
  >;
  const calls = (Object.keys(CHANGES) as (keyof typeof CHANGES)[]).flatMap((type) =>
    (["TransactWriteItems", ...(type === "flight.changed" ? ["GetItem"] : [])] as const).flatMap((call) =>
      (["before", "after"] as const).map((fault) => [type, fault, call] as const),
    ),
  );

  it.each(calls)("%s, ended %s %s: told if, and only if, it was done", async (type, fault, call) => {
    const { flightId } = await addedFlight();
    const before = await airline.itemsOf("data");
    airline.wire.fail(call, fault);
    await expect(CHANGES[type](flightId)).rejects.toThrow();
    airline.wire.heal();
    const done = JSON.stringify(await airline.itemsOf("data")) !== JSON.stringify(before);
    expect(done).toBe(call === "TransactWriteItems" && fault === "after");
    expect(await typesTold()).toEqual(["flight.created", ...(done ? [type] : [])]);
  });
});
