import { describe, expect, it } from "@jest/globals";
import { meteredCallOf } from "../../../src/domain/metering/metered-call.ts";
import { billableOf, failedOf, refusedOf, statusClassOf } from "../../../src/domain/metering/status-class.ts";
import { accessLogLine } from "../../support/access-log.ts";

const TENANT = "ten_01JD0000000000000000000000";

describe("a line of the access log", () => {
  it.each([
    ["no JSON", "200 GET /v1/flights"],
    ["a JSON value that is no object", "200"],
    ["null", "null"],
    ["no status", accessLogLine({ status: "-" })],
    ["a status that no answer has", accessLogLine({ status: 99 })],
    ["a status beyond the last", accessLogLine({ status: 600 })],
    ["no time", accessLogLine({ time: "-" })],
    ["a time that is no number of milliseconds", accessLogLine({ time: "2027-03-01" })],
  ])("with %s is not read", (_what, line) => {
    expect(meteredCallOf(line)).toBeUndefined();
  });

  it("gives what the ledger counts by", () => {
    expect(meteredCallOf(accessLogLine())).toEqual({
      subject: TENANT,
      clientId: "client1",
      apiKeyId: "key1",
      route: "GET /v1/flights",
      statusClass: "2xx",
      isMetered: true,
      time: Date.UTC(2027, 2, 1, 9),
      latency: 12,
    });
  });

  it("of an HTTP API, whose route's key has the method in it, gives the same route", () => {
    const line = accessLogLine({ route: "GET /v1/flights", apiKeyId: "-" });
    expect(meteredCallOf(line)).toMatchObject({ route: "GET /v1/flights", apiKeyId: undefined });
  });

  it("of an HTTP API has its time in seconds: it is no call of 1970, which would be late and not billed", () => {
    const time = Date.UTC(2027, 2, 1, 9);
    expect(meteredCallOf(accessLogLine({ time: time / 1000 }))).toMatchObject({ time });
  });

  it.each([
    [401, "UNAUTHORIZED", false],
    [403, "ACCESS_DENIED", false],
    [429, "THROTTLED", false],
    [401, "-", true],
    [403, "-", true],
    [400, "BAD_REQUEST_BODY", true],
    [504, "INTEGRATION_TIMEOUT", true],
  ])("with %s and %s: whether the key's plan counted it is %s", (status, responseType, isMetered) => {
    expect(meteredCallOf(accessLogLine({ status, responseType }))).toMatchObject({ isMetered });
  });

  it.each([
    ["no tenant", "-"],
    ["what is no tenant id", "stage"],
    ["more than a tenant id", `${TENANT}#x`],
  ])("that names %s counts for the stage, never for a tenant", (_what, tenantId) => {
    expect(meteredCallOf(accessLogLine({ tenantId, status: 401 }))).toMatchObject({
      subject: "stage",
      statusClass: "401",
    });
  });

  it("takes nothing into the ledger's keys that API Gateway does not write", () => {
    const line = accessLogLine({ clientId: "a#b", apiKeyId: "k/../k", method: "GET x", route: "/a b" });
    expect(meteredCallOf(line)).toMatchObject({ clientId: "-", apiKeyId: undefined, route: "-" });
    expect(meteredCallOf(accessLogLine({ method: "get#" }))).toMatchObject({ route: "- /v1/flights" });
  });
});

describe("the class of a status", () => {
  it.each([
    [200, "2xx"],
    [201, "2xx"],
    [304, "3xx"],
    [400, "4xx"],
    [404, "4xx"],
    [412, "4xx"],
    [500, "5xx"],
    [504, "5xx"],
    [401, "401"],
    [403, "403"],
    [429, "429"],
    [199, undefined],
    [600, undefined],
    [200.5, undefined],
  ])("%s is %s", (status, expected) => {
    expect(statusClassOf(status)).toBe(expected);
  });

  it("decides what is billed: answers to calls that were let in, but not our failures", () => {
    const counts = { "2xx": 1, "3xx": 10, "4xx": 100, "5xx": 1000, "401": 1e4, "403": 1e5, "429": 1e6 };
    expect([billableOf(counts), failedOf(counts), refusedOf(counts)]).toEqual([111, 1000, 1_110_000]);
    expect([billableOf({}), failedOf({}), refusedOf({})]).toEqual([0, 0, 0]);
  });
});
