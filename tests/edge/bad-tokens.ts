import { createHmac } from "node:crypto";
import {
  accessToken,
  encode,
  FOREIGN_POOL_ID,
  foreignPool,
  issuer,
  newPool,
  POOL_ID,
  pool,
  sign,
} from "./edge-under-test.ts";

export const claims = JSON.parse(Buffer.from(accessToken().split(".")[1] ?? "", "base64url").toString());

function withOneClaimAltered(): string {
  const [header, , signature] = accessToken().split(".");
  return `${header}.${encode({ ...claims, gatehouse_tenant: "ten_02" })}.${signature}`;
}

function signedWithThePublicKeyAsSecret(): string {
  const text = `${encode({ alg: "HS256", kid: pool.kid })}.${encode(claims)}`;
  const secret = pool.publicKey.export({ type: "spki", format: "pem" });
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** Tokens that no gateway may let in, whichever authorizer it has. */
export const BAD_TOKENS: readonly (readonly [what: string, token: () => string | undefined])[] = [
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
  ["an ID token", () => accessToken({ token_use: "id", scope: undefined, aud: "client-1" })],
  ["none of the method's scopes", () => accessToken({ scope: "airline/loyalty.read" })],
  ["a scope that only begins like the method's", () => accessToken({ scope: "airline/flights.readonly" })],
  ["no scope at all", () => accessToken({ scope: undefined })],
  ["scopes as a list", () => accessToken({ scope: ["airline/flights.read"] })],
  ["claims that are no object", () => sign({ alg: "RS256", kid: pool.kid }, ["x"], pool.privateKey)],
];
