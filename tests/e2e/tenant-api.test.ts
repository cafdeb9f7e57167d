import { beforeAll, describe, expect, it } from "@jest/globals";
import { flight as flightSchema } from "../../src/generated/flight.js";
import { flightPage } from "../../src/generated/flight-page.js";
import { loyaltyAccount } from "../../src/generated/loyalty-account.js";
import { loyaltyTransaction } from "../../src/generated/loyalty-transaction.js";
import { loyaltyTransactionPage } from "../../src/generated/loyalty-transaction-page.js";
import { tenantProfile } from "../../src/generated/tenant-profile.js";
import { usageReport } from "../../src/generated/usage-report.js";
import { demoTenant, signIn } from "../support/demo-stack.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import type { Machine } from "../support/machine.ts";

let skyways: Machine;
let aeroline: Machine;

beforeAll(async () => {
  [skyways, aeroline] = await Promise.all([signIn("skyways"), signIn("aeroline")]);
});

const unique = () => crypto.randomUUID();

async function bookedPoints(customer: string, type: "earn" | "redeem", points: number, key = unique()) {
  return skyways.call("POST", `/v1/loyalty/${customer}/transactions`, {
    body: { type, points, reason: "flight" },
    headers: { "Idempotency-Key": key },
  });
}

describe("flights", () => {
  it("are added, read, changed and deleted, each version under its ETag", async () => {
    const created = await skyways.call("POST", "/v1/flights", { body: NEW_FLIGHT });
    expect(created.status).toBe(201);
    if (!flightSchema(created.body)) throw new Error("the answer is no flight");
    const { flightId } = created.body;
    expect(created.body).toEqual({ flightId, ...NEW_FLIGHT, version: 1 });
    expect(created.headers.get("etag")).toBe('"1"');
    const path = `/v1/flights/${flightId}`;
    expect(created.headers.get("location")).toBe(`/dev${path}`);

    const read = await skyways.call("GET", path);
    expect([read.status, read.body]).toEqual([200, created.body]);
    const known = await skyways.call("GET", path, { headers: { "If-None-Match": '"1"' } });
    expect([known.status, known.body]).toEqual([304, ""]);

    const unconditional = await skyways.call("PATCH", path, { body: { seats: 300 } });
    expect(unconditional.status).toBe(428);
    const changed = await skyways.call("PATCH", path, {
      body: { seats: 300 },
      headers: { "If-Match": '"1"' },
    });
    expect([changed.status, changed.body]).toEqual([200, { ...created.body, seats: 300, version: 2 }]);
    const stale = await skyways.call("PATCH", path, { body: { seats: 310 }, headers: { "If-Match": '"1"' } });
    expect(stale.status).toBe(412);

    expect((await skyways.call("DELETE", path)).status).toBe(428);
    expect((await skyways.call("DELETE", path, { headers: { "If-Match": '"1"' } })).status).toBe(412);
    const deleted = await skyways.call("DELETE", path, { headers: { "If-Match": '"2"' } });
    expect([deleted.status, deleted.body]).toEqual([204, ""]);
    expect((await skyways.call("GET", path)).status).toBe(404);
    expect((await skyways.call("DELETE", path, { headers: { "If-Match": "*" } })).status).toBe(404);
  });

  it("cannot be changed into impossible ones, judged by what the change leaves as it is", async () => {
    const { body } = await skyways.call("POST", "/v1/flights", { body: NEW_FLIGHT });
    if (!flightSchema(body)) throw new Error("the answer is no flight");
    const change = (changes: object) =>
      skyways.call("PATCH", `/v1/flights/${body.flightId}`, {
        body: changes,
        headers: { "If-Match": '"1"' },
      });
    for (const changes of [
      { departure: NEW_FLIGHT.arrival },
      { arrival: NEW_FLIGHT.departure },
      { origin: "JFK" },
      { destination: "LHR" },
    ]) {
      const refused = await change(changes);
      expect([refused.status, refused.body]).toEqual([
        400,
        expect.objectContaining({ type: "urn:gatehouse:problem:invalid" }),
      ]);
    }
    const moved = await change({ departure: "2027-03-02T09:00:00Z", arrival: "2027-03-02T17:00:00Z" });
    expect(moved.status).toBe(200);
  });

  it("are listed by departure, page by page, and each exactly once", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    let previous = "";
    do {
      const query: string = cursor === null ? "" : `&cursor=${cursor}`;
      const { status, body } = await skyways.call("GET", `/v1/flights?limit=50${query}`);
      expect(status).toBe(200);
      if (!flightPage(body)) throw new Error("the answer is no page of flights");
      for (const { flightId, departure } of body.items) {
        const moment = new Date(departure).toISOString();
        expect(moment >= previous).toBe(true);
        previous = moment;
        seen.push(flightId);
      }
      cursor = body.cursor;
    } while (cursor !== null);
    expect(seen.length).toBeGreaterThan(100);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("are found by airport and time, the end of the time left out", async () => {
    const route = { origin: "PPT", destination: "IPC" };
    const at = (hour: string) => ({
      departure: `2031-05-01T${hour}:00:00Z`,
      arrival: "2031-05-01T23:00:00Z",
    });
    for (const hour of ["08", "09", "10"])
      await skyways.call("POST", "/v1/flights", { body: { ...NEW_FLIGHT, ...route, ...at(hour) } });
    const { body } = await skyways.call(
      "GET",
      "/v1/flights?origin=PPT&destination=IPC&from=2031-05-01T08:00:00Z&to=2031-05-01T10:00:00Z",
    );
    if (!flightPage(body)) throw new Error("the answer is no page of flights");
    expect(body.items.map(({ departure }) => departure.slice(11, 13))).toEqual(["08", "09"]);
    expect(body.cursor).toBeNull();
  });

  it.each(["cursor=garbage", "limit=0", "limit=101", "origin=lhr", "from=yesterday", "colour=red"])(
    "are not listed for the query %s",
    async (query) => {
      const { status, body } = await skyways.call("GET", `/v1/flights?${query}`);
      expect([status, body]).toEqual([
        400,
        expect.objectContaining({ type: "urn:gatehouse:problem:invalid-parameters" }),
      ]);
    },
  );

  it("are added once under an Idempotency-Key, and the same answer is given again", async () => {
    const headers = { "Idempotency-Key": unique() };
    const first = await skyways.call("POST", "/v1/flights", { body: NEW_FLIGHT, headers });
    const again = await skyways.call("POST", "/v1/flights", { body: NEW_FLIGHT, headers });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect([first, again].map(({ headers: given }) => given.get("idempotent-replayed"))).toEqual([
      null,
      "true",
    ]);
    const other = await skyways.call("POST", "/v1/flights", { body: { ...NEW_FLIGHT, seats: 1 }, headers });
    expect(other.status).toBe(422);
  });
});

describe("loyalty", () => {
  it("accounts come into being with their first transaction", async () => {
    const customer = unique();
    expect((await skyways.call("GET", `/v1/loyalty/${customer}`)).status).toBe(404);
    expect((await bookedPoints(customer, "redeem", 1)).status).toBe(404);
    const earned = await bookedPoints(customer, "earn", 900);
    expect(earned.status).toBe(201);
    if (!loyaltyTransaction(earned.body)) throw new Error("the answer is no transaction");
    expect(earned.headers.get("location")).toBe(
      `/dev/v1/loyalty/${customer}/transactions/${earned.body.transactionId}`,
    );
    const account = await skyways.call("GET", `/v1/loyalty/${customer}`);
    expect(loyaltyAccount(account.body)).toBe(true);
    expect([account.status, account.body]).toEqual([
      200,
      { points: 900, level: "bronze", remainingPoints: 49100 },
    ]);
  });

  it("points are never redeemed beyond the balance", async () => {
    const customer = unique();
    await bookedPoints(customer, "earn", 100);
    const refused = await bookedPoints(customer, "redeem", 101);
    expect([refused.status, refused.body]).toEqual([
      409,
      expect.objectContaining({ type: "urn:gatehouse:problem:insufficient-points" }),
    ]);
    expect((await bookedPoints(customer, "redeem", 100)).status).toBe(201);
    expect((await skyways.call("GET", `/v1/loyalty/${customer}`)).body).toMatchObject({ points: 0 });
  });

  it("transactions need an Idempotency-Key, are booked once under it, and refuse another request", async () => {
    const customer = unique();
    const path = `/v1/loyalty/${customer}/transactions`;
    const body = { type: "earn", points: 5, reason: "flight" };
    expect((await skyways.call("POST", path, { body })).status).toBe(400);
    const headers = { "Idempotency-Key": unique() };
    const first = await skyways.call("POST", path, { body, headers });
    const again = await skyways.call("POST", path, { body, headers });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect((await skyways.call("POST", path, { body: { ...body, points: 6 }, headers })).status).toBe(422);
    expect(
      (await skyways.call("POST", `/v1/loyalty/${unique()}/transactions`, { body, headers })).status,
    ).toBe(422);
    expect((await skyways.call("GET", `/v1/loyalty/${customer}`)).body).toMatchObject({ points: 5 });
  });

  it("the ledger is listed newest first, page by page", async () => {
    const customer = unique();
    for (const points of [1, 2, 3]) await bookedPoints(customer, "earn", points);
    const first = await skyways.call("GET", `/v1/loyalty/${customer}/transactions?limit=2`);
    if (!loyaltyTransactionPage(first.body)) throw new Error("the answer is no page of a ledger");
    expect(first.body.items.map(({ points }) => points)).toEqual([3, 2]);
    const second = await skyways.call(
      "GET",
      `/v1/loyalty/${customer}/transactions?limit=2&cursor=${first.body.cursor}`,
    );
    expect(second.body).toMatchObject({ items: [{ points: 1 }], cursor: null });
  });

  it.each(["a b", "ä", "x".repeat(65)])("customer ids are not %p", async (customer) => {
    expect((await skyways.call("GET", `/v1/loyalty/${encodeURIComponent(customer)}`)).status).toBe(400);
  });
});

describe("the tenant itself", () => {
  it("reads its profile with its clients and without a secret", async () => {
    const { status, body } = await skyways.call("GET", "/v1/tenant");
    expect(status).toBe(200);
    if (!tenantProfile(body)) throw new Error("the answer is no profile");
    const { tenantId, clientId, clientSecret, apiKey } = demoTenant("skyways");
    expect(body).toMatchObject({ tenantId, slug: "skyways", plan: "standard", status: "active" });
    expect(body.clients.map((client) => client.clientId)).toContain(clientId);
    expect(JSON.stringify(body)).not.toMatch(new RegExp(`${clientSecret}|${apiKey}`));
  });

  it("reads its usage by day", async () => {
    const { status, body } = await skyways.call("GET", "/v1/usage");
    expect(status).toBe(200);
    if (!usageReport(body)) throw new Error("the answer is no usage");
    const today = new Date().toISOString().slice(0, 10);
    expect(body.items.at(-1)?.date).toBe(today);
    expect(body.items.at(-1)?.used).toBeGreaterThan(0);
    expect((await skyways.call("GET", "/v1/usage?from=2026-11-02&to=2026-11-01")).status).toBe(400);
  });
});

describe("a tenant with the read scopes alone", () => {
  it("reads what skyways reads", async () => {
    for (const path of ["/v1/flights", "/v1/tenant", "/v1/usage"])
      expect((await aeroline.call("GET", path)).status).toBe(200);
  });

  it("is refused every write by the gateway itself", async () => {
    const writes: [string, string, object | undefined][] = [
      ["POST", "/v1/flights", NEW_FLIGHT],
      ["PATCH", "/v1/flights/flt_01JD0000000000000000000000", { seats: 1 }],
      ["DELETE", "/v1/flights/flt_01JD0000000000000000000000", undefined],
      ["POST", "/v1/loyalty/c1/transactions", { type: "earn", points: 1, reason: "x" }],
    ];
    for (const [method, path, body] of writes) {
      const { status, headers, body: problem } = await aeroline.call(method, path, body && { body });
      expect([status, headers.get("x-amzn-errortype")]).toEqual([401, "UnauthorizedException"]);
      expect(problem).toMatchObject({ message: "Unauthorized" });
    }
  });
});
