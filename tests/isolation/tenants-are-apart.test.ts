import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { createdWebhook } from "../../src/generated/created-webhook.js";
import { flight as flightSchema } from "../../src/generated/flight.js";
import { flightPage } from "../../src/generated/flight-page.js";
import { hookSource } from "../../src/generated/hook-source.js";
import { loyaltyTransactionPage } from "../../src/generated/loyalty-transaction-page.js";
import { NEW_FLIGHT } from "../support/flight.ts";
import { callHttpApi, httpApiReader } from "../support/http-api.ts";
import type { Answer, CallOptions, Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { PUBLIC_ROUTES, routesUnder } from "../support/template.ts";
import { NEW_WEBHOOK } from "../support/webhook.ts";

/** What a route names that belongs to somebody, and that nobody has. */
interface Names {
  readonly flightId: string;
  readonly customerId: string;
  readonly webhookId: string;
  /** Of a third party that sends messages. */
  readonly source: string;
  readonly handle: string;
}

type Row = (names: Names) => { readonly path: string } & CallOptions;

const NOBODYS: Names = {
  flightId: "flt_01JD0000000000000000000000",
  customerId: crypto.randomUUID(),
  webhookId: "wh_01JD0000000000000000000000",
  source: "nobody",
  handle: "x".repeat(32),
};
const SOME_DELIVERY = "msg_01JD0000000000000000000000";
const ANY_VERSION = { "If-Match": "*" };

/** A message that one's own third party has signed. */
const MESSAGE = {
  body: "{}",
  headers: {
    "X-GitHub-Delivery": "d",
    "X-Hub-Signature-256": `sha256=${createHmac("sha256", "secret-of-my-own").update("{}").digest("hex")}`,
  },
};

/** Every route that names a thing, and how it is called. A new route without a row fails the test below. */
const ROWS: Readonly<Record<string, Row | "names nothing">> = {
  "GET /v1/flights": "names nothing",
  "POST /v1/flights": "names nothing",
  "GET /v1/tenant": "names nothing",
  "GET /v1/usage": "names nothing",
  "POST /v1/events": "names nothing",
  "GET /v1/hook-sources": "names nothing",
  // A name is the tenant's own: to put one that another tenant has is to make another.
  "PUT /v1/hook-sources/{source}": "names nothing",
  "DELETE /v1/hook-sources/{source}": ({ source }) => ({ path: `/v1/hook-sources/${source}` }),
  "POST /v1/hooks/{source}/{tenantHandle}": ({ source, handle }) => ({
    path: `/v1/hooks/${source}/${handle}`,
    ...MESSAGE,
  }),
  "GET /v1/webhooks": "names nothing",
  "POST /v1/webhooks": "names nothing",
  "GET /v1/webhooks/{webhookId}": ({ webhookId }) => ({ path: `/v1/webhooks/${webhookId}` }),
  "PATCH /v1/webhooks/{webhookId}": ({ webhookId }) => ({
    path: `/v1/webhooks/${webhookId}`,
    body: { status: "paused" },
    headers: ANY_VERSION,
  }),
  "DELETE /v1/webhooks/{webhookId}": ({ webhookId }) => ({
    path: `/v1/webhooks/${webhookId}`,
    headers: ANY_VERSION,
  }),
  "POST /v1/webhooks/{webhookId}/rotate-secret": ({ webhookId }) => ({
    path: `/v1/webhooks/${webhookId}/rotate-secret`,
    body: {},
  }),
  "GET /v1/webhooks/{webhookId}/deliveries": ({ webhookId }) => ({
    path: `/v1/webhooks/${webhookId}/deliveries`,
  }),
  "POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver": ({ webhookId }) => ({
    path: `/v1/webhooks/${webhookId}/deliveries/${SOME_DELIVERY}/redeliver`,
  }),
  "GET /v1/flights/{flightId}": ({ flightId }) => ({ path: `/v1/flights/${flightId}` }),
  "PATCH /v1/flights/{flightId}": ({ flightId }) => ({
    path: `/v1/flights/${flightId}`,
    body: { seats: 1 },
    headers: ANY_VERSION,
  }),
  "DELETE /v1/flights/{flightId}": ({ flightId }) => ({
    path: `/v1/flights/${flightId}`,
    headers: ANY_VERSION,
  }),
  "GET /v1/loyalty/{customerId}": ({ customerId }) => ({ path: `/v1/loyalty/${customerId}` }),
  "GET /v1/loyalty/{customerId}/transactions": ({ customerId }) => ({
    path: `/v1/loyalty/${customerId}/transactions`,
  }),
  "POST /v1/loyalty/{customerId}/transactions": ({ customerId }) => ({
    path: `/v1/loyalty/${customerId}/transactions`,
    body: { type: "redeem", points: 1, reason: "theft" },
    headers: { "Idempotency-Key": crypto.randomUUID() },
  }),
};

let alice: Machine;
let bob: Machine;
let bobs: Names;

beforeAll(async () => {
  [alice, bob] = await Promise.all([newMachine("standard"), newMachine("standard")]);
  bobs = await belongings(bob);
  await belongings(alice);
});

/** Gives a tenant some flights, a customer with some points and a webhook; tells of one of each. */
async function belongings(machine: Machine): Promise<Names> {
  const customerId = crypto.randomUUID();
  for (const points of [100, 200])
    await machine.call("POST", `/v1/loyalty/${customerId}/transactions`, {
      body: { type: "earn", points, reason: "flight" },
      headers: { "Idempotency-Key": crypto.randomUUID() },
    });
  const flights = Array.from({ length: 8 }, () => machine.call("POST", "/v1/flights", { body: NEW_FLIGHT }));
  const [first] = await Promise.all(flights);
  if (!flightSchema(first?.body)) throw new Error("the answer is no flight");
  const webhook = await machine.call("POST", "/v1/webhooks", { body: NEW_WEBHOOK });
  if (!createdWebhook(webhook.body)) throw new Error("the answer is no webhook");
  const source = `partner-${customerId.slice(0, 8)}`;
  const made = await machine.call("PUT", `/v1/hook-sources/${source}`, {
    body: { scheme: "github", secret: crypto.randomUUID() },
  });
  if (!hookSource(made.body)) throw new Error("the answer is no source");
  const handle = made.body.url.split("/").at(-1) ?? "";
  const { flightId } = first.body;
  return { customerId, flightId, webhookId: webhook.body.webhookId, source, handle };
}

/** All that a caller can see of an answer, but for what is new in every answer. */
function visible({ status, headers, body }: Answer) {
  const fresh = new Set(["date", "x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id", "content-length"]);
  const stable = [...headers].filter(([name]) => !fresh.has(name));
  const { requestId, ...rest } = body as { requestId?: string };
  if (status >= 400 && !requestId) throw new Error("a refusal without a request id");
  return { status, headers: stable, body: rest };
}

describe("another tenant's thing and a thing that does not exist cannot be told apart", () => {
  it("on every route of the template there is a row here", () => {
    const routes = routesUnder("v1").map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(ROWS).sort()).toEqual(routes.sort());
  });

  it.each(Object.entries(ROWS).filter(([, row]) => row !== "names nothing"))("%s", async (route, row) => {
    if (row === "names nothing") return;
    const [method = ""] = route.split(" ");
    const callWith = (names: Names) => {
      const { path, ...options } = row(names);
      return alice.call(method, path, options);
    };
    const [foreign, missing] = [await callWith(bobs), await callWith(NOBODYS)];
    expect(visible(foreign)).toEqual(visible(missing));
    expect(foreign.status).toBe(route in PUBLIC_ROUTES ? 401 : 404);
  });

  it("and nothing of it was changed by trying", async () => {
    const { status, body } = await bob.call("GET", `/v1/flights/${bobs.flightId}`);
    expect([status, flightSchema(body) && body.version]).toEqual([200, 1]);
    const sources = (await bob.call("GET", "/v1/hook-sources")).body as { items: { source: string }[] };
    expect(sources.items.map(({ source }) => source)).toEqual([bobs.source]);
    const webhook = await bob.call("GET", `/v1/webhooks/${bobs.webhookId}`);
    expect(webhook.body).toMatchObject({ status: "active", version: 1, secrets: [expect.anything()] });
  });
});

describe("a list", () => {
  it("of one tenant never holds another's flight", async () => {
    const idsOf = async (machine: Machine) => {
      const { body } = await machine.call("GET", "/v1/flights?limit=100");
      return flightPage(body) ? body.items.map(({ flightId }) => flightId) : [];
    };
    const [ofAlice, ofBob] = [await idsOf(alice), await idsOf(bob)];
    expect(ofAlice.length).toBeGreaterThan(0);
    expect(ofBob.length).toBeGreaterThan(0);
    expect(ofAlice.filter((flightId) => ofBob.includes(flightId))).toEqual([]);
  });

  it("called with another tenant's cursor is one's own list from there on", async () => {
    const bobsPage = await bob.call("GET", "/v1/flights?limit=5");
    if (!flightPage(bobsPage.body) || !bobsPage.body.cursor)
      throw new Error("the demo gives too few flights");
    const { status, body } = await alice.call("GET", `/v1/flights?limit=100&cursor=${bobsPage.body.cursor}`);
    expect(status).toBe(200);
    const bobsIds = flightPage(bobsPage.body) ? bobsPage.body.items.map(({ flightId }) => flightId) : [];
    expect(flightPage(body) && body.items.some(({ flightId }) => bobsIds.includes(flightId))).toBe(false);
  });

  it("of a ledger called with another tenant's cursor tells nothing of it", async () => {
    const page = await bob.call("GET", `/v1/loyalty/${bobs.customerId}/transactions?limit=1`);
    const cursor = loyaltyTransactionPage(page.body) && page.body.cursor;
    if (!cursor) throw new Error("the demo gives the customer too few transactions");
    const [foreign, missing] = await Promise.all(
      [bobs, NOBODYS].map(({ customerId }) =>
        alice.call("GET", `/v1/loyalty/${customerId}/transactions?cursor=${cursor}`),
      ),
    );
    if (!foreign || !missing) throw new Error("two calls, two answers");
    expect([foreign.status, foreign.body]).toEqual([missing.status, missing.body]);
  });
});

describe("by the HTTP API", () => {
  it("another tenant's flight and one that does not exist cannot be told apart, and no list has another's", async () => {
    const [skyways, aeroline] = await Promise.all([httpApiReader("skyways"), httpApiReader("aeroline")]);
    const listOf = async (token: string) => {
      const { body } = await callHttpApi(token, "/v1/flights?limit=100");
      return flightPage(body) ? body.items.map(({ flightId }) => flightId) : [];
    };
    const [ofSkyways, ofAeroline] = [await listOf(skyways.token), await listOf(aeroline.token)];
    expect(ofSkyways.length).toBeGreaterThan(0);
    expect(ofAeroline.filter((flightId) => ofSkyways.includes(flightId))).toEqual([]);
    const [foreign, missing] = [
      await callHttpApi(aeroline.token, `/v1/flights/${ofSkyways[0]}`),
      await callHttpApi(aeroline.token, `/v1/flights/${NOBODYS.flightId}`),
    ];
    const stable = ({ headers, ...answer }: Answer) =>
      visible({
        ...answer,
        headers: new Headers([...headers].filter(([name]) => name !== "apigw-requestid")),
      });
    expect(stable(foreign)).toEqual(stable(missing));
    expect(foreign.status).toBe(404);
    expect((await callHttpApi(skyways.token, `/v1/flights/${ofSkyways[0]}`)).status).toBe(200);
  });
});

describe("another tenant's API key", () => {
  it("is refused with one's own token, whichever is whose", async () => {
    for (const [token, key] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const { status, body } = await token.call("GET", "/v1/flights", {
        headers: { "x-api-key": key.apiKey },
      });
      expect([status, body]).toEqual([
        403,
        expect.objectContaining({ message: "Forbidden", type: "urn:gatehouse:problem:foreign-api-key" }),
      ]);
    }
  });
});

describe("an Idempotency-Key", () => {
  it("of one tenant is no other tenant's, so neither can see that the other has used it", async () => {
    const key = { "Idempotency-Key": crypto.randomUUID() };
    const first = await alice.call("POST", "/v1/flights", { body: NEW_FLIGHT, headers: key });
    expect(first.status).toBe(201);
    const second = await bob.call("POST", "/v1/flights", {
      body: { ...NEW_FLIGHT, seats: 2 },
      headers: key,
    });
    expect([second.status, second.headers.get("idempotent-replayed")]).toEqual([201, null]);
  });
});
