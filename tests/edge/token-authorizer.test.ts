import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  accessToken,
  credentials,
  type EdgeUnderTest,
  encode,
  FOREIGN_POOL_ID,
  foreignPool,
  GOOD_KEY,
  issuer,
  NOW,
  newPool,
  POOL_ID,
  pool,
  seen,
  sign,
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

const claims = JSON.parse(Buffer.from(accessToken().split(".")[1] ?? "", "base64url").toString());

function withOneClaimAltered(): string {
  const [header, , signature] = accessToken().split(".");
  return `${header}.${encode({ ...claims, gatehouse_tenant: "ten_02" })}.${signature}`;
}

function signedWithThePublicKeyAsSecret(): string {
  const text = `${encode({ alg: "HS256", kid: pool.kid })}.${encode(claims)}`;
  const secret = pool.publicKey.export({ type: "spki", format: "pem" });
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

const REFUSED: readonly (readonly [what: string, token: () => string | undefined])[] = [
  ["no token", () => undefined],
  ["an empty token", () => " "],
  ["garbage", () => "garbage"],
  ["three parts of garbage", () => "a.b.c"],
  ["four parts", () => `${accessToken()}.x`],
  ["algorithm none", () => `${encode({ alg: "none", kid: pool.kid })}.${encode(claims)}.`],
  ["algorithm none with a signature", () => sign({ alg: "none", kid: pool.kid }, claims, pool.privateKey)],
  ["HS256 with the public key as secret", signedWithThePublicKeyAsSecret],
  ["another key under the same key id", () => accessToken({}, newPool(POOL_ID, pool.kid))],
  ["an unknown key id", () => accessToken({}, { ...pool, kid: "unknown" })],
  ["no key id", () => sign({ alg: "RS256" }, claims, pool.privateKey)],
  ["a token of another pool", () => accessToken({}, foreignPool)],
  ["the issuer of another pool", () => accessToken({ iss: issuer(FOREIGN_POOL_ID) })],
  ["an issuer outside Cognito", () => accessToken({ iss: `https://example.com/${POOL_ID}` })],
  ["an issuer that is no text", () => accessToken({ iss: [issuer(POOL_ID)] })],
  ["one claim altered", withOneClaimAltered],
  ["a signature with its last bits altered", () => `${accessToken().slice(0, -1)}_`],
  ["an ID token", () => accessToken({ token_use: "id" })],
  ["no token_use", () => accessToken({ token_use: undefined })],
  ["none of the method's scopes", () => accessToken({ scope: "airline/loyalty.read" })],
  ["a scope that only begins like the method's", () => accessToken({ scope: "airline/flights.readonly" })],
  ["no scope at all", () => accessToken({ scope: undefined })],
  ["scopes as a list", () => accessToken({ scope: ["airline/flights.read"] })],
  ["claims that are no object", () => sign({ alg: "RS256", kid: pool.kid }, ["x"], pool.privateKey)],
];

describe("a method with scopes behind a user pool", () => {
  it.each(REFUSED)("refuses %s, before function and usage plan", async (_what, token) => {
    expect(await seen(await call(token()))).toEqual(UNAUTHORIZED);
    expect(edge.events).toEqual([]);
    expect(edge.metered).toEqual([]);
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
