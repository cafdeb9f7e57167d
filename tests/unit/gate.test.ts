import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { APIGatewayProxyResult } from "aws-lambda";
import { generateKeyPair } from "jose";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { verifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { newApiKeyValue } from "../../src/domain/tenancy/api-key-value.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { newFlight } from "../../src/generated/new-flight.js";
import { tenantEndpoint } from "../../src/http/tenant-endpoint.ts";
import { invocationContext, proxyEvent, type RequestOptions } from "../support/event.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { altered, TokenIssuer } from "../support/token-issuer.ts";

const tenantId = newTenantId();
const apiKey = newApiKeyValue(tenantId);
const tenantClaims = { gatehouse_tenant: tenantId, gatehouse_plan: "standard" };
const flight = NEW_FLIGHT;

let issuer: TokenIssuer;
let admitted: { tenant: VerifiedTenant; body: unknown }[] = [];

const read = tenantEndpoint({
  scope: "flights.read",
  handle: async ({ tenant, body }) => {
    admitted.push({ tenant, body });
    return { statusCode: 200, body: "{}" };
  },
});
const both = tenantEndpoint({
  scope: ["flights.read", "loyalty.read"],
  handle: async () => ({ statusCode: 200, body: "{}" }),
});
const write = tenantEndpoint({
  scope: "flights.write",
  body: newFlight,
  handle: async ({ tenant, body }) => {
    admitted.push({ tenant, body });
    return { statusCode: 201, body: "{}" };
  },
});

async function call(
  handler: typeof read | typeof write,
  options: RequestOptions,
): Promise<APIGatewayProxyResult> {
  return handler(proxyEvent(options), invocationContext());
}

async function withToken(claims: Record<string, unknown> = {}): Promise<Record<string, string>> {
  return {
    Authorization: `Bearer ${await issuer.sign({ ...tenantClaims, ...claims })}`,
    "x-api-key": apiKey,
  };
}

function problemOf(result: APIGatewayProxyResult) {
  expect(result.headers?.["content-type"]).toBe("application/problem+json");
  const problem = JSON.parse(result.body);
  expect(problem.status).toBe(result.statusCode);
  expect(problem.requestId).toBe("11111111-2222-3333-4444-555555555555");
  return problem;
}

beforeAll(async () => {
  issuer = await TokenIssuer.start();
  Object.assign(process.env, issuer.environment);
});
afterAll(() => issuer.stop());
beforeEach(() => {
  admitted = [];
});

describe("the gate refuses with 401", () => {
  it("while the public keys cannot be read, says 503 and blames nobody's token", async () => {
    issuer.available = false;
    const result = await call(read, { headers: await withToken() });
    issuer.available = true;
    expect(result.statusCode).toBe(503);
    expect(problemOf(result).type).toBe("urn:gatehouse:problem:unavailable");
    expect(result.headers?.["retry-after"]).toBe("1");
  });

  it("a request without a token, even with claims in a forged request context", async () => {
    const claims = {
      ...tenantClaims,
      scope: "airline/flights.read",
      client_id: "client-1",
      token_use: "access",
    };
    const result = await call(read, { headers: { "x-api-key": apiKey }, claims, apiKey });
    expect(result.statusCode).toBe(401);
    expect(result.headers?.["www-authenticate"]).toBe("Bearer");
    expect(problemOf(result)).toMatchObject({
      message: "Unauthorized",
      type: "urn:gatehouse:problem:unauthorized",
    });
  });

  const bad: [string, () => Promise<string> | string][] = [
    ["garbage", () => "garbage"],
    ["three parts of garbage", () => "a.b.c"],
    ["an empty signature", () => issuer.unsigned(tenantClaims)],
    ["HS256 with the public key as secret", () => issuer.symmetric(tenantClaims)],
    [
      "another key under the same kid",
      async () => issuer.sign(tenantClaims, { key: (await generateKeyPair("RS256")).privateKey }),
    ],
    ["an unknown kid", () => issuer.sign(tenantClaims, { header: { kid: "unknown" } })],
    ["an expired token", () => issuer.sign({ ...tenantClaims, exp: Math.floor(Date.now() / 1000) - 1 })],
    [
      "another pool's token",
      () =>
        issuer.sign({
          ...tenantClaims,
          iss: `${"https://cognito-idp.us-east-1.amazonaws.com"}/us-east-1_Other`,
        }),
    ],
    ["an ID token", () => issuer.sign({ ...tenantClaims, token_use: "id", aud: "client-1" })],
    [
      "one altered claim",
      async () => altered(await issuer.sign(tenantClaims), { gatehouse_plan: "premium" }),
    ],
    ["no tenant in the token", () => issuer.sign({})],
    ["something else for a tenant", () => issuer.sign({ ...tenantClaims, gatehouse_tenant: "ten_*" })],
    ["an unknown plan", () => issuer.sign({ ...tenantClaims, gatehouse_plan: "free" })],
    [
      "a token longer than any real one",
      async () => issuer.sign({ ...tenantClaims, padding: "x".repeat(9000) }),
    ],
  ];
  it.each(bad)("%s", async (_name, token) => {
    const result = await call(read, {
      headers: { authorization: `Bearer ${await token()}`, "x-api-key": apiKey },
    });
    expect(result.statusCode).toBe(401);
    expect(result.headers?.["www-authenticate"]).toBe('Bearer error="invalid_token"');
    expect(problemOf(result).message).toBe("Unauthorized");
    expect(admitted).toEqual([]);
  });

  it("a token that was good a moment ago and has expired since", async () => {
    const headers = await withToken({ exp: Math.floor(Date.now() / 1000) + 1 });
    expect((await call(read, { headers })).statusCode).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect((await call(read, { headers })).statusCode).toBe(401);
  });

  it("a token that was let in before, once its client or its tenant is cut off", async () => {
    const time = jest.spyOn(Date, "now");
    const begun = Date.now();
    const headers = await withToken({ client_id: "client-9" });
    const later = (minutes: number) => time.mockReturnValue(begun + minutes * 60_000);
    try {
      for (const [minutes, subject] of [
        [1, "client#client-9"],
        [3, `tenant#${tenantId}`],
      ] as const) {
        later(minutes);
        expect((await call(read, { headers })).statusCode).toBe(200);
        issuer.cutOffs.set(subject, Math.ceil(begun / 1000) + 1);
        later(minutes + 1);
        const result = await call(read, { headers });
        expect(result.statusCode).toBe(401);
        expect(result.headers?.["www-authenticate"]).toBe('Bearer error="invalid_token"');
        expect(problemOf(result).message).toBe("Unauthorized");
        issuer.cutOffs.clear();
      }
      later(5);
      expect((await call(read, { headers })).statusCode).toBe(200);
    } finally {
      time.mockRestore();
    }
  });

  it("a token without a time of issue", async () => {
    expect((await call(read, { headers: await withToken({ iat: undefined }) })).statusCode).toBe(401);
  });
});

describe("the gate refuses with 403", () => {
  it("a token without the route's scope, and names it", async () => {
    const result = await call(write, {
      method: "POST",
      headers: await withToken({ scope: "airline/flights.read" }),
      body: flight,
    });
    expect(result.statusCode).toBe(403);
    expect(result.headers?.["www-authenticate"]).toBe(
      'Bearer error="insufficient_scope", scope="airline/flights.write"',
    );
    expect(problemOf(result).message).toBe("Forbidden");
  });

  it("a token with only one of two scopes", async () => {
    expect((await call(both, { headers: await withToken() })).statusCode).toBe(403);
    const scope = "airline/flights.read airline/loyalty.read";
    expect((await call(both, { headers: await withToken({ scope }) })).statusCode).toBe(200);
  });

  it("no API key, another tenant's, and one that only begins like the tenant's", async () => {
    const token = { Authorization: (await withToken()).Authorization ?? "" };
    for (const key of [undefined, newApiKeyValue(newTenantId()), apiKey.slice(0, 26), `${apiKey}x`]) {
      const result = await call(read, { headers: { ...token, ...(key && { "x-api-key": key }) } });
      expect(result.statusCode).toBe(403);
      expect(problemOf(result).type).toBe("urn:gatehouse:problem:foreign-api-key");
    }
    expect(admitted).toEqual([]);
  });

  it("a key of the tenant in the header while another tenant's was metered, and the other way round", async () => {
    const foreign = newApiKeyValue(newTenantId());
    const headers = await withToken();
    expect((await call(read, { headers, apiKey: foreign })).statusCode).toBe(403);
    expect((await call(read, { headers: { ...headers, "x-api-key": foreign }, apiKey })).statusCode).toBe(
      403,
    );
  });
});

describe("the gate refuses a body", () => {
  const cases: [string, unknown, number, string | undefined][] = [
    ["that is not JSON", "{", 400, undefined],
    ["that lacks a member", { ...flight, seats: undefined }, 400, "#/seats"],
    ["with an unknown member", { ...flight, "pilot/in~command": 1 }, 400, "#/pilot~1in~0command"],
    ["of a wrong type", { ...flight, seats: "many" }, 400, "#/seats"],
    [
      "with money that is no whole number of minor units",
      { ...flight, fare: { amount: 459.5, currency: "GBP" } },
      400,
      "#/fare/amount",
    ],
    ["with a time without zone", { ...flight, departure: "2027-03-01T09:00:00" }, 400, "#/departure"],
    ["that is a list", [], 400, "#"],
    ["with __proto__", '{"__proto__":{"admin":true}}', 400, undefined],
  ];
  it.each(cases)("%s", async (_name, body, status, pointer) => {
    const result = await call(write, { method: "POST", headers: await withToken(), body });
    expect(result.statusCode).toBe(status);
    const problem = problemOf(result);
    expect(problem).toMatchObject({
      type: "urn:gatehouse:problem:invalid-body",
      message: "Invalid request body",
    });
    if (pointer) expect(problem.errors).toContainEqual(expect.objectContaining({ pointer }));
    expect(admitted).toEqual([]);
  });

  it("over 64 KiB with 413, before it is parsed", async () => {
    const result = await call(write, {
      method: "POST",
      headers: await withToken(),
      body: `"${"x".repeat(65 * 1024)}"`,
    });
    expect(result.statusCode).toBe(413);
  });

  it("of another content type with 415", async () => {
    const headers = { ...(await withToken()), "Content-Type": "text/plain" };
    expect((await call(write, { method: "POST", headers, body: flight })).statusCode).toBe(415);
  });

  it("and tells at most 20 findings however many there are", async () => {
    const body = Object.fromEntries(Array.from({ length: 500 }, (_unused, index) => [`x${index}`, 1]));
    const result = await call(write, { method: "POST", headers: await withToken(), body });
    expect(problemOf(result).errors).toHaveLength(20);
  });
});

describe("the gate lets in", () => {
  it("a machine with a good token and its tenant's key, and takes the tenant from the token", async () => {
    expect((await call(write, { method: "POST", headers: await withToken(), body: flight })).statusCode).toBe(
      201,
    );
    expect(admitted).toEqual([
      { tenant: verifiedTenant({ tenantId, plan: "standard", clientId: "client-1" }), body: flight },
    ]);
  });

  it("headers in any case, and a token without the word Bearer as API Gateway does", async () => {
    const { Authorization = "" } = await withToken();
    const headers = { AUTHORIZATION: Authorization.replace("Bearer ", ""), "X-Api-Key": apiKey };
    expect((await call(read, { headers })).statusCode).toBe(200);
  });

  it("many requests with one reading of the keys", async () => {
    const before = issuer.keyRequests;
    for (let index = 0; index < 20; index += 1) await call(read, { headers: await withToken() });
    expect(issuer.keyRequests).toBe(before);
  });
});

describe("a failure inside", () => {
  it("is answered 500 without telling what failed", async () => {
    const broken = tenantEndpoint({
      scope: "flights.read",
      handle: async () => {
        throw new Error("table gatehouse-dev-data is on fire");
      },
    });
    const result = await broken(proxyEvent({ headers: await withToken() }), invocationContext());
    expect(result.statusCode).toBe(500);
    expect(result.body).not.toMatch(/fire|stack|Error:/);
    expect(problemOf(result).message).toBe("Internal server error");
  });
});
