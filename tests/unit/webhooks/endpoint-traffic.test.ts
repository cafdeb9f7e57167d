import { describe, expect, it } from "@jest/globals";
import { retryAfterOf, verdictOn, wordsFor } from "../../../src/domain/webhooks/attempt-outcome.ts";
import { type DeliveryId, deliveryIdOf } from "../../../src/domain/webhooks/delivery.ts";
import { FAILS_AT_LEAST, FAILS_FOR, isToBePaused } from "../../../src/domain/webhooks/endpoint-health.ts";
import { admit, closureAfter, SLOTS, type Traffic } from "../../../src/domain/webhooks/endpoint-traffic.ts";
import {
  delayOf,
  LONGEST_DELAY,
  parseWaitingDelivery,
  waitingFor,
} from "../../../src/domain/webhooks/waiting-delivery.ts";

const NOW = Date.UTC(2027, 2, 1);
const id = (digit: number): DeliveryId => deliveryIdOf(`evt_01JD000000000000000000000${digit}`);
const busy = (digit: number, until = NOW + 1000) => ({ deliveryId: id(digit), until });
const QUIET: Traffic = { slots: [undefined, undefined], unanswered: 0, closedUntil: 0 };
const ask = (traffic: Partial<Traffic>, waited = 0) =>
  admit({ ...QUIET, ...traffic }, { deliveryId: id(1), waited, now: NOW }, () => 0.5);

describe("at an endpoint there is no room", () => {
  it(`beyond ${SLOTS} attempts, but when one of them is over or its function died`, () => {
    expect(ask({ slots: [busy(2), busy(3)] }).kind).toBe("wait");
    expect(ask({ slots: [busy(2), undefined] })).toEqual({ kind: "admitted", slot: 1 });
    expect(ask({ slots: [busy(2), busy(3, NOW)] })).toEqual({ kind: "admitted", slot: 1 });
  });

  it("for a second attempt, once one was not answered", () => {
    expect(ask({ slots: [undefined, busy(2)], unanswered: 1 }).kind).toBe("wait");
    expect(ask({ unanswered: 1 })).toEqual({ kind: "admitted", slot: 0 });
  });

  it("for anybody while it is closed; who waits comes back soon after, but not all at once", () => {
    const waits = [0, 1, 2, 7, 8, 1000].map((waited) =>
      ask({ unanswered: 3, closedUntil: NOW + 5000 }, waited),
    );
    expect(waits).toEqual(
      [3, 5, 9, 257, 450.5, 450.5].map((later) => ({ kind: "wait", until: NOW + 5000 + later * 1000 })),
    );
    expect(ask({ unanswered: 3, closedUntil: NOW })).toEqual({ kind: "admitted", slot: 0 });
  });

  it("for the same delivery twice, as from a message that came twice", () => {
    expect(ask({ slots: [busy(1), undefined] }).kind).toBe("wait");
  });
});

it("an endpoint that does not answer three times in a row is closed for 5 s, then longer, 5 minutes at most", () => {
  const closures = [1, 2, 3, 4, 5, 8, 9, 1000].map(closureAfter);
  expect(closures).toEqual([0, 0, 5000, 10_000, 20_000, 160_000, 300_000, 300_000]);
});

it(`an endpoint is paused that took nothing for 24 hours, in ${FAILS_AT_LEAST} attempts at least`, () => {
  const failingSince = new Date(NOW).toISOString();
  const paused = (consecutiveFailures: number, after: number) =>
    isToBePaused({ failingSince, consecutiveFailures }, NOW + after);
  expect(paused(100, FAILS_FOR - 1)).toBe(false);
  expect(paused(FAILS_AT_LEAST - 1, FAILS_FOR)).toBe(false);
  expect(paused(FAILS_AT_LEAST, FAILS_FOR)).toBe(true);
  expect(isToBePaused({}, NOW)).toBe(false);
});

describe("an answer", () => {
  const answered = (status: number) => ({ kind: "answered", status }) as const;

  it("is a success with 2xx alone; 410 is the endpoint's last word", () => {
    expect([200, 201, 204, 299].map((status) => verdictOn(answered(status)))).toEqual(
      Array(4).fill("delivered"),
    );
    const others = [100, 199, 300, 301, 304, 308, 400, 401, 404, 409, 429, 500, 503, 599, 999, 0];
    for (const status of others) expect(verdictOn(answered(status))).toBe("failed");
    expect(verdictOn(answered(410))).toBe("gone");
    expect(verdictOn({ kind: "unanswered", reason: "timed-out" })).toBe("failed");
  });

  it("has words that tell a redirect from other failures", () => {
    expect(wordsFor(answered(302))).toBe(
      "The endpoint answered with a redirect (302), which is not followed.",
    );
    expect(wordsFor(answered(500))).toBe("The endpoint answered 500.");
    expect(wordsFor(answered(204))).toBeUndefined();
  });

  it("says how long to wait in seconds or as a date, and nothing else is believed", () => {
    expect(retryAfterOf("120", NOW)).toBe(120_000);
    expect(retryAfterOf("Mon, 01 Mar 2027 00:01:00 GMT", NOW)).toBe(60_000);
    expect(retryAfterOf("Sun, 28 Feb 2027 00:01:00 GMT", NOW)).toBe(0);
    for (const header of [undefined, "", "-1", "soon", "1e9", "2027-03-01", "12345678901", "Mon, nonsense"])
      expect(retryAfterOf(header, NOW)).toBeUndefined();
  });
});

describe("a message of the queue", () => {
  const waiting = waitingFor({
    tenantId: "ten_01JD0000000000000000000001" as never,
    webhookId: "wh_01JD0000000000000000000001" as never,
    deliveryId: id(1),
    attempts: 2,
  });
  const parsed = (change: object) => parseWaitingDelivery(JSON.stringify({ ...waiting, ...change }));

  it("is read as it was written, and a bare pointer as one that is due", () => {
    expect(parsed({})).toEqual(waiting);
    expect(parsed({ begunAt: undefined, dueAt: undefined, waited: undefined })).toEqual(waiting);
  });

  it.each([
    ["no JSON", "{"],
    ["null", "null"],
    ["no tenant's id", JSON.stringify({ ...waiting, tenantId: "ten_1" })],
    [
      "a webhook's id with more behind it",
      JSON.stringify({ ...waiting, webhookId: `${waiting.webhookId}#` }),
    ],
    ["a delivery's id in a list", JSON.stringify({ ...waiting, deliveryId: [waiting.deliveryId] })],
    ["half an attempt", JSON.stringify({ ...waiting, attempts: 0.5 })],
    ["a time before all time", JSON.stringify({ ...waiting, dueAt: -1 })],
  ])("is none with %s", (_what, body) => expect(parseWaitingDelivery(body)).toBeUndefined());

  it("is delayed until it is due, and by the most that SQS allows until then", () => {
    const delay = (dueAt: number) => delayOf({ dueAt }, NOW);
    expect([0, NOW - 1, NOW, NOW + 1, NOW + 5000].map(delay)).toEqual([0, 0, 0, 1, 5]);
    expect(delay(NOW + 5 * 3_600_000)).toBe(LONGEST_DELAY);
  });
});
