import { beforeEach, describe, expect, it } from "@jest/globals";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { attemptDelivery } from "../../../src/domain/webhooks/attempt-delivery.ts";
import type { AttemptOutcome } from "../../../src/domain/webhooks/attempt-outcome.ts";
import { type Delivery, deliveryIdOf } from "../../../src/domain/webhooks/delivery.ts";
import type { DeliveryPorts } from "../../../src/domain/webhooks/delivery-ports.ts";
import { newWebhookId, type WebhookEndpoint } from "../../../src/domain/webhooks/endpoint.ts";
import type { Traffic } from "../../../src/domain/webhooks/endpoint-traffic.ts";
import { LONGEST_WAITS, TRIED_FOR } from "../../../src/domain/webhooks/retry-schedule.ts";
import { waitingFor } from "../../../src/domain/webhooks/waiting-delivery.ts";

const NOW = Date.UTC(2027, 2, 1);
const HOUR = 3_600_000;
const iso = (time: number) => new Date(time).toISOString();
const ids = {
  tenantId: newTenantId(),
  webhookId: newWebhookId(),
  deliveryId: deliveryIdOf("evt_01JD0000000000000000000000"),
};
const WAITING = waitingFor({ ...ids, attempts: 0 });
const QUIET: Traffic = { slots: [], unanswered: 0, closedUntil: 0 };

/** What was done, in its order. */
let done: [string, unknown][];
let delivery: Delivery;
let endpoint: WebhookEndpoint;
let traffic: Traffic;
let served: boolean;
let answer: () => AttemptOutcome;

beforeEach(() => {
  done = [];
  traffic = QUIET;
  served = true;
  answer = () => ({ kind: "answered", status: 500 });
  delivery = {
    ...ids,
    eventId: "evt_01JD0000000000000000000000",
    type: "flight.created",
    payload: "{}",
    status: "pending",
    attempts: [],
    createdAt: iso(NOW),
  };
  endpoint = {
    ...ids,
    url: "https://hooks.skyways.com/",
    eventTypes: ["*"],
    status: "active",
    secrets: [],
    createdAt: iso(NOW),
    version: 1,
  };
});

function ports(more: Partial<DeliveryPorts> = {}): DeliveryPorts {
  const note = (name: string, what: unknown) => {
    done.push([name, what]);
  };
  return {
    now: () => NOW,
    random: () => 0.5,
    read: async () => ({ delivery, endpoint, traffic, served }),
    enter: async () => true,
    leave: async (_waiting, _slot, departure) => note("leave", departure),
    post: async () => answer(),
    recordAttempt: async (_delivery, { status }) => {
      note("record", status);
      return true;
    },
    giveUp: async (_delivery, because) => note("give up", because),
    failed: async () => endpoint,
    recovered: async () => note("recovered", undefined),
    pause: async () => true,
    enqueue: async (next) => note("enqueue", next),
    bury: async (_waiting, because) => note("bury", because),
    ...more,
  };
}

const attempt = (more: Partial<DeliveryPorts> = {}, waiting = WAITING, again = false) =>
  attemptDelivery(waiting, again, ports(more));

describe("nothing is sent", () => {
  const post = () => Promise.reject(new Error("something was sent"));

  it("before it is due, and nothing is read for it either", async () => {
    const early = { ...WAITING, dueAt: NOW + 1 };
    const read = () => Promise.reject(new Error("something was read"));
    expect(await attempt({ post, read }, early)).toEqual({ kind: "waiting" });
    expect(done).toEqual([["enqueue", early]]);
  });

  it.each([
    ["delivered", { status: "delivered" }],
    ["failed", { status: "failed" }],
  ] as const)("of what is %s", async (_status, change) => {
    delivery = { ...delivery, ...change };
    expect(await attempt({ post }, WAITING, true)).toEqual({ kind: "over" });
    expect(done).toEqual([]);
  });

  it("of a message that is out of date; but where its run crashed, the next attempt is put into the queue", async () => {
    const attempts = [{ at: iso(NOW), status: 500, milliseconds: 1 }];
    delivery = { ...delivery, attempts, nextAttemptAt: iso(NOW + 5000) };
    expect(await attempt({ post })).toEqual({ kind: "over" });
    expect(done).toEqual([]);
    await attempt({ post }, WAITING, true);
    expect(done).toEqual([["enqueue", { ...WAITING, attempts: 1, dueAt: NOW + 5000 }]]);
  });

  it("to a paused endpoint; that is the tenant's to mend and no dead letter", async () => {
    endpoint = { ...endpoint, status: "paused" };
    expect(await attempt({ post })).toMatchObject({ kind: "failed", because: "paused" });
    expect(done).toEqual([["give up", "paused"]]);
  });

  it("for a tenant that is suspended or gone; that is no dead letter either", async () => {
    served = false;
    expect(await attempt({ post })).toMatchObject({ kind: "failed", because: "suspended" });
    expect(done).toEqual([["give up", "suspended"]]);
  });

  it("where there is no room; the delivery waits, and uses up no attempt", async () => {
    traffic = { ...QUIET, unanswered: 3, closedUntil: NOW + 5000 };
    expect(await attempt({ post })).toEqual({ kind: "waiting" });
    expect(done).toEqual([["enqueue", { ...WAITING, dueAt: NOW + 8000, waited: 1 }]]);
    done = [];
    traffic = QUIET;
    await attempt({ post, enter: async () => false });
    expect(done).toEqual([["enqueue", { ...WAITING, dueAt: NOW + 3000, waited: 1 }]]);
  });

  it("where there was no room for a day and an hour: the delivery is a dead letter", async () => {
    traffic = { ...QUIET, unanswered: 3, closedUntil: NOW + 5000 };
    delivery = { ...delivery, createdAt: iso(NOW - 25 * HOUR + 1) };
    expect(await attempt({ post })).toEqual({ kind: "waiting" });
    done = [];
    delivery = { ...delivery, createdAt: iso(NOW - 25 * HOUR) };
    expect(await attempt({ post })).toMatchObject({ kind: "failed", because: "no-room" });
    expect(done).toEqual([
      ["bury", "no-room"],
      ["give up", "no-room"],
    ]);
  });
});

describe("an attempt", () => {
  it("that failed for our own fault says nothing of its endpoint, gives its slot back, and comes again", async () => {
    const post = () => Promise.reject(new Error("KMS is down"));
    await expect(attempt({ post })).rejects.toThrow("KMS is down");
    expect(done).toEqual([["leave", { answered: undefined }]]);
  });

  it("is recorded before the message of the next one, which is sent also where the record says it had changed", async () => {
    expect(await attempt()).toMatchObject({ kind: "retried" });
    expect(done.map(([name]) => name)).toEqual(["leave", "record", "enqueue"]);
    done = [];
    await attempt({ recordAttempt: async () => false });
    expect(done.map(([name]) => name)).toEqual(["leave", "enqueue"]);
  });

  it("is a dead letter before it is recorded as the last, so that a crash leaves no delivery that nobody sees", async () => {
    const attempts = [{ at: iso(NOW - 24 * HOUR), status: 500, milliseconds: 1 }];
    delivery = { ...delivery, attempts };
    await attempt({}, { ...WAITING, attempts: 1, begunAt: 0 });
    expect(done.slice(1)).toEqual([
      ["bury", "out-of-time"],
      ["record", "failed"],
    ]);
  });

  it.each([
    ["timed-out", "no answer in time"],
    ["unreachable", "closed before the answer"],
    ["unresolved", "could not be looked up"],
    ["forbidden-address", "not sent to"],
    ["untrusted-certificate", "not to be trusted"],
    ["garbage", "no HTTP answer"],
  ] as const)(
    "that has no answer (%s) is tried again by the schedule, and given up at its end",
    async (reason, words) => {
      answer = () => ({ kind: "unanswered", reason });
      const recordAttempt: DeliveryPorts["recordAttempt"] = async (_delivery, outcome) => {
        done.push(["record", outcome]);
        return true;
      };
      const attemptsAgo = (ago: readonly number[]) =>
        ago.map((milliseconds) => ({ at: iso(NOW - milliseconds), milliseconds: 1, error: "failed" }));
      const error = expect.stringContaining(words);
      for (const [failed, longest] of LONGEST_WAITS.entries()) {
        done = [];
        delivery = { ...delivery, attempts: attemptsAgo(Array(failed).fill(HOUR)) };
        const waiting = { ...WAITING, attempts: failed, begunAt: 0 };
        expect(await attempt({ recordAttempt }, waiting)).toMatchObject({ kind: "retried" });
        const dueAt = NOW + longest / 2;
        expect(done).toEqual([
          ["leave", { answered: false }],
          [
            "record",
            {
              attempt: { at: iso(NOW), milliseconds: 0, error },
              status: "pending",
              nextAttemptAt: iso(dueAt),
            },
          ],
          ["enqueue", { ...waiting, attempts: failed + 1, dueAt }],
        ]);
      }
      done = [];
      delivery = { ...delivery, attempts: attemptsAgo([TRIED_FOR]) };
      const last = await attempt({ recordAttempt }, { ...WAITING, attempts: 1, begunAt: 0 });
      expect(last).toMatchObject({ kind: "failed", because: "out-of-time" });
      expect(done[2]).toMatchObject(["record", { status: "failed", attempt: { error } }]);
    },
  );

  it("closes its endpoint for as long as that asks, an hour at most", async () => {
    answer = () => ({ kind: "answered", status: 503, retryAfter: 10 * HOUR });
    await attempt();
    expect(done[0]).toEqual(["leave", { answered: true, closedUntil: NOW + HOUR }]);
  });

  it("does not pause an endpoint that was changed in the meantime, and goes on", async () => {
    answer = () => ({ kind: "answered", status: 410 });
    expect(await attempt({ pause: async () => false })).toMatchObject({ kind: "retried" });
    expect(await attempt()).toMatchObject({ kind: "failed", because: "paused", pausedEndpoint: true });
  });

  it("that succeeds ends the failures of its endpoint, where there were any", async () => {
    answer = () => ({ kind: "answered", status: 204 });
    await attempt();
    expect(done.map(([name]) => name)).not.toContain("recovered");
    endpoint = { ...endpoint, failingSince: iso(NOW) };
    expect(await attempt()).toMatchObject({ kind: "delivered" });
    expect(done.map(([name]) => name)).toContain("recovered");
  });
});
