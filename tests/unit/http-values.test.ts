import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { flightSearch } from "../../src/generated/flight-search.js";
import { decodeCursor, encodeCursor } from "../../src/http/cursor.ts";
import { expectedVersion, isKnown } from "../../src/http/entity-tag.ts";
import { idempotencyKey, requiredIdempotencyKey } from "../../src/http/idempotency.ts";
import { parseQuery } from "../../src/http/parse-query.ts";
import { proxyEvent } from "../support/event.ts";

const withHeaders = (headers: Record<string, string>) => proxyEvent({ headers });

describe("If-Match", () => {
  it("is required", () => {
    expect(() => expectedVersion(withHeaders({}))).toThrow("Send If-Match");
  });
  it.each(["3", '"3', "W/", '"3""4"', '"3";"4"', ""])("must be entity tags, which %p is not", (tag) => {
    expect(() => expectedVersion(withHeaders({ "if-match": tag }))).toThrow("If-Match must be");
  });
  it.each([
    ["*", "any"],
    ['"3"', [3]],
    ['"3", "4"', [3, 4]],
    ['W/"3"', []],
    ['"003"', []],
    ['"other"', []],
  ])("%s expects %p", (tag, expected) => {
    expect(expectedVersion(withHeaders({ "if-match": tag }))).toEqual(expected);
  });
});

describe("If-None-Match", () => {
  it.each([
    ['"3"', true],
    ['W/"3"', true],
    ['"2", "3"', true],
    ["*", true],
    ['"4"', false],
  ])("%s knows version 3: %p", (tag, known) => {
    expect(isKnown(withHeaders({ "if-none-match": tag }), 3)).toBe(known);
  });
});

describe("a cursor", () => {
  const isPosition = (text: string): text is string => /^[a-z]+$/.test(text);
  it("gives back the position that it was made of", () => {
    expect(decodeCursor(encodeCursor("abc") ?? "", isPosition)).toBe("abc");
    expect(encodeCursor(null)).toBeNull();
  });
  it("is refused when it is not one of the list, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const genuine =
          isPosition(Buffer.from(text, "base64url").toString()) &&
          Buffer.from(Buffer.from(text, "base64url").toString()).toString("base64url") === text;
        if (!genuine) expect(() => decodeCursor(text, isPosition)).toThrow("not one of this list");
      }),
    );
  });
});

describe("an Idempotency-Key", () => {
  const request = { clientId: "c1", body: { points: 1, reason: "x" } };
  it("is required where points are booked", () => {
    expect(() => requiredIdempotencyKey(withHeaders({}), request)).toThrow("is required");
  });
  it.each(["", "a b", "é", "x".repeat(256)])("must be visible ASCII, which %p is not", (key) => {
    expect(() => idempotencyKey(withHeaders({ "idempotency-key": key }), request)).toThrow("visible ASCII");
  });
  it("is the same request however its members are ordered, and another for another body, path, client or route", () => {
    const event = withHeaders({ "idempotency-key": "k" });
    const key = idempotencyKey(event, request);
    expect(idempotencyKey(event, { clientId: "c1", body: { reason: "x", points: 1 } })).toEqual(key);
    expect(idempotencyKey(event, { ...request, body: { points: 2, reason: "x" } })?.requestDigest).not.toBe(
      key?.requestDigest,
    );
    expect(
      idempotencyKey({ ...event, pathParameters: { customerId: "z" } }, request)?.requestDigest,
    ).not.toBe(key?.requestDigest);
    expect(idempotencyKey(event, { ...request, clientId: "c2" })?.id).not.toBe(key?.id);
    expect(idempotencyKey({ ...event, httpMethod: "POST" }, request)?.id).not.toBe(key?.id);
  });
});

describe("a query string", () => {
  it.each([
    { limit: "0" },
    { limit: "101" },
    { limit: "1e1" },
    { origin: "lhr" },
    { from: "2027-03-01" },
    { unknown: "1" },
  ])("is refused: %p", (query) => {
    expect(() => parseQuery(proxyEvent({ query }), flightSearch)).toThrow("A query parameter is not valid");
  });
  it("is refused when a parameter is repeated", () => {
    const event = {
      ...proxyEvent({ query: { origin: "LHR" } }),
      multiValueQueryStringParameters: { origin: ["CDG", "LHR"] },
    };
    expect(() => parseQuery(event, flightSearch)).toThrow("more than once");
  });
  it("may be left out", () => {
    expect(parseQuery(proxyEvent(), flightSearch)).toEqual({});
  });
});
