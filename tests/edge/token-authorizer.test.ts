import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { BAD_TOKENS, claims } from "./bad-tokens.ts";
import {
  accessToken,
  credentials,
  type EdgeUnderTest,
  GOOD_KEY,
  NOW,
  newPool,
  POOL_ID,
  pool,
  seen,
  startEdge,
} from "./edge-under-test.ts";

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.now = NOW;
  edge.events.length = 0;
  edge.metered.length = 0;
});

const UNAUTHORIZED = { status: 401, body: { message: "Unauthorized" }, errorType: "UnauthorizedException" };

const call = (token: string | undefined, path = "/v1/flights", more: Record<string, string> = {}) =>
  fetch(edge.url + path, {
    headers: { "x-api-key": GOOD_KEY, ...(token === undefined ? {} : { authorization: token }), ...more },
  });

describe("a method with scopes behind a user pool", () => {
  it.each(BAD_TOKENS)("refuses %s, before function and usage plan", async (_what, token) => {
    expect(await seen(await call(token()))).toEqual(UNAUTHORIZED);
    expect(edge.events).toEqual([]);
    expect(edge.metered).toEqual([]);
  });

  it.each(["id", undefined])("refuses a token with scopes whose token_use is %s", async (token_use) => {
    expect(await seen(await call(accessToken({ token_use })))).toEqual(UNAUTHORIZED);
  });

  it("says of an expired token that it has expired, also when it was let in before", async () => {
    const token = accessToken();
    expect((await call(token)).status).toBe(200);
    edge.now = NOW + 3600_000;
    expect(await seen(await call(token))).toEqual({
      status: 401,
      body: { message: "The incoming token has expired" },
      errorType: "UnauthorizedException",
    });
  });

  it("does not say of a forged token that it has expired", async () => {
    const token = accessToken({ exp: NOW / 1000 - 1 }, newPool(POOL_ID, pool.kid));
    expect(await seen(await call(token))).toEqual(UNAUTHORIZED);
  });

  it("refuses a token without expiry", async () => {
    expect((await call(accessToken({ exp: undefined }))).status).toBe(401);
  });

  it("takes a token with any one of the method's scopes", async () => {
    const response = await fetch(`${edge.url}/v1/flights`, {
      method: "POST",
      headers: { ...credentials({ scope: "x/y airline/admin" }), "content-type": "application/json" },
      body: '{"number":"GH117"}',
    });
    expect(response.status).toBe(200);
  });

  it.each(["", "Bearer ", "bearer "])("takes a token after %j", async (prefix) => {
    expect((await call(prefix + accessToken())).status).toBe(200);
  });

  it("judges a token seen before anew for each method", async () => {
    const token = accessToken({ scope: "airline/flights.read" });
    expect((await call(token)).status).toBe(200);
    const response = await fetch(`${edge.url}/v1/flights`, {
      method: "POST",
      headers: { authorization: token, "x-api-key": GOOD_KEY },
      body: "{}",
    });
    expect(await seen(response)).toEqual(UNAUTHORIZED);
  });

  it("hands the claims on as text, times as AWS writes them", async () => {
    await call(accessToken({ "cognito:groups": ["a", "b"], email_verified: true }));
    expect(edge.events[0]?.requestContext.authorizer).toEqual({
      claims: {
        ...claims,
        auth_time: String(NOW / 1000),
        exp: "Fri Nov 20 13:00:00 UTC 2026",
        iat: "Fri Nov 20 12:00:00 UTC 2026",
        version: "2",
        "cognito:groups": "a,b",
        email_verified: "true",
      },
    });
  });

  it("lets no header of a client into the authorizer's context", async () => {
    await call(accessToken(), "/v1/flights", {
      "sls-offline-authorizer-override": '{"claims":{"gatehouse_tenant":"ten_02"}}',
      "x-amzn-authorizer": '{"claims":{}}',
    });
    expect(edge.events[0]?.requestContext.authorizer?.claims.gatehouse_tenant).toBe("ten_01");
  });
});

describe("a method without scopes behind a user pool", () => {
  it("refuses an access token", async () => {
    expect(await seen(await call(accessToken(), "/v1/me"))).toEqual(UNAUTHORIZED);
  });

  it("takes an ID token", async () => {
    expect((await call(accessToken({ token_use: "id" }), "/v1/me")).status).toBe(200);
  });
});

describe("an open method", () => {
  it("has no authorizer context, whatever a client sends", async () => {
    await call("Bearer x", "/v1/open", { "sls-offline-authorizer-override": '{"claims":{"sub":"me"}}' });
    expect(edge.events[0]?.requestContext).not.toHaveProperty("authorizer");
  });
});
