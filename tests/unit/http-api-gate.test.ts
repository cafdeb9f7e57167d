import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { newApiKeyValue } from "../../src/domain/tenancy/api-key-value.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { flightSearch } from "../../src/generated/flight-search.js";
import type { GateStep } from "../../src/http/gate.ts";
import { publicEndpoint } from "../../src/http/public-endpoint.ts";
import { tenantEndpoint } from "../../src/http/tenant-endpoint.ts";
import { TooManyRequests } from "../../src/http/too-many-requests.ts";
import { invocationContext, proxyEvent } from "../support/event.ts";
import { httpApiEvent } from "../support/http-api-event.ts";
import { TokenIssuer } from "../support/token-issuer.ts";

const tenantId = newTenantId();
const tenantClaims = { gatehouse_tenant: tenantId, gatehouse_plan: "standard" };

let issuer: TokenIssuer;
let limited: string[] = [];
let wait = 0;

/** Stands for the rate's step. */
const rate: GateStep = {
  before: ({ context }) => {
    limited.push(context.tenant.tenantId);
    if (wait > 0) throw new TooManyRequests(wait);
  },
};
const handle = async ({
  query,
  event,
}: {
  query: unknown;
  event: { httpMethod: string; resource: string };
}) => ({
  statusCode: 200,
  body: JSON.stringify({ query, route: `${event.httpMethod} ${event.resource}` }),
});
const byBothWays = tenantEndpoint({ scope: "flights.read", query: flightSearch, httpApi: rate, handle });
const byRestAlone = tenantEndpoint({ scope: "flights.read", handle });

const call = (handler: typeof byBothWays | typeof byRestAlone, event: APIGatewayProxyEventV2) =>
  handler(event, invocationContext());
const bearer = async (claims: Record<string, unknown> = {}) => ({
  authorization: `Bearer ${await issuer.sign({ ...tenantClaims, ...claims })}`,
});

beforeAll(async () => {
  issuer = await TokenIssuer.start();
  Object.assign(process.env, issuer.environment);
});
afterAll(() => issuer.stop());
beforeEach(() => {
  limited = [];
  wait = 0;
});

describe("an event of the HTTP API", () => {
  it("without a token is refused, whatever claims its context has, and spends no call", async () => {
    const answer = await call(
      byBothWays,
      httpApiEvent({ claims: { ...tenantClaims, scope: "airline/flights.read" } }),
    );
    expect([answer.statusCode, limited]).toEqual([401, []]);
  });

  it("with a token that lacks the scope is refused and spends no call", async () => {
    const answer = await call(
      byBothWays,
      httpApiEvent({ headers: await bearer({ scope: "airline/loyalty.read" }) }),
    );
    expect([answer.statusCode, limited]).toEqual([403, []]);
  });

  it("at an endpoint without a route there lacks the key, so that a forged event skips nothing", async () => {
    const answer = await call(byRestAlone, httpApiEvent({ headers: await bearer() }));
    expect([answer.statusCode, JSON.parse(answer.body).type]).toEqual([
      403,
      "urn:gatehouse:problem:foreign-api-key",
    ]);
  });

  it("needs no key and is held to the tenant's rate, with a key of another tenant as well", async () => {
    const headers = { ...(await bearer()), "x-api-key": newApiKeyValue(newTenantId()) };
    expect((await call(byBothWays, httpApiEvent({ headers }))).statusCode).toBe(200);
    expect(limited).toEqual([tenantId]);
  });

  it("beyond the rate is 429 with the gateway's wording, a Retry-After and the call's own request id", async () => {
    wait = 1200;
    const answer = await call(byBothWays, httpApiEvent({ headers: await bearer() }));
    expect(answer).toMatchObject({ statusCode: 429, headers: { "retry-after": "2" } });
    expect(JSON.parse(answer.body)).toMatchObject({
      type: "urn:gatehouse:problem:throttled",
      message: "Too Many Requests",
      requestId: "Mc7UVioPPHcEKPA=",
    });
  });

  it("is read as one of the REST API: route, query, a value with a comma", async () => {
    const answer = await call(
      byBothWays,
      httpApiEvent({ headers: await bearer(), query: "origin=LHR&limit=2" }),
    );
    expect(JSON.parse(answer.body)).toEqual({
      query: { origin: "LHR", limit: "2" },
      route: "GET /v1/flights",
    });
  });

  it("with a parameter given twice is refused, though format 2.0 joins the values with a comma", async () => {
    const answer = await call(
      byBothWays,
      httpApiEvent({ headers: await bearer(), query: "origin=LHR&origin=JFK" }),
    );
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body).detail).toBe("A query parameter is given more than once.");
  });

  it("is not asked for claims: groups that arrive as one text, [a b], come out of the token alone", async () => {
    const claims = { ...tenantClaims, gatehouse_tenant: newTenantId(), "cognito:groups": "[admin editors]" };
    const answer = await call(byBothWays, httpApiEvent({ headers: await bearer(), claims }));
    expect([answer.statusCode, limited]).toEqual([200, [tenantId]]);
  });

  it("with a parameter called __proto__ is refused for it like for any other", async () => {
    const answer = await call(byBothWays, httpApiEvent({ headers: await bearer(), query: "__proto__=x" }));
    expect(answer.statusCode).toBe(400);
  });
});

describe("an event of the REST API", () => {
  it.each([
    { version: "2.0" },
    { routeKey: "GET /v1/flights" },
    { version: "1.0", routeKey: "GET /v1/flights" },
  ])("that is only half of the other kind, %j, still needs the key", async (members) => {
    const event = { ...proxyEvent({ headers: await bearer() }), ...members };
    const answer = await byBothWays(event, invocationContext());
    expect([answer.statusCode, limited]).toEqual([403, []]);
  });
});

describe("a public endpoint", () => {
  const status = publicEndpoint({ scope: "public", handle: async () => ({ statusCode: 200, body: "{}" }) });

  it("asks nobody for anything, by either way, and says in its contract that it is public", async () => {
    expect((await status(httpApiEvent(), invocationContext())).statusCode).toBe(200);
    expect((await status(proxyEvent(), invocationContext())).statusCode).toBe(200);
    expect(status.contract.scopes).toBe("public");
  });

  it("answers a failure as a problem that tells nothing", async () => {
    const failing = publicEndpoint({
      scope: "public",
      handle: async () => {
        throw new Error("secret");
      },
    });
    const answer = await failing(httpApiEvent(), invocationContext());
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("secret");
  });
});
