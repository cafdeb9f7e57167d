import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  GetUsageCommand,
  type QuotaSettings,
  UpdateApiKeyCommand,
  UpdateUsageCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Store } from "../../scripts/local-aws/kernel/store.ts";
import { API_ID, badRequest, DAY, notFound, refusalOf, startApiGateway } from "./support/api-gateway.ts";

type Started = Awaited<ReturnType<typeof startApiGateway>>;
let local: Started;
beforeEach(async () => {
  local = await startApiGateway();
});
afterEach(() => local.close());

/** A plan of the stage dev with that many keys in it. */
async function subscribe({ client }: Started, quota: QuotaSettings | undefined, keys = 1) {
  const plan = await client.send(
    new CreateUsagePlanCommand({
      name: "n",
      apiStages: [{ apiId: API_ID, stage: "dev" }],
      ...(quota ? { quota } : {}),
    }),
  );
  const members: { id: string; value: string }[] = [];
  for (let i = 0; i < keys; i++) {
    const { id = "", value = "" } = await client.send(new CreateApiKeyCommand({ enabled: true }));
    await client.send(new CreateUsagePlanKeyCommand({ usagePlanId: plan.id, keyId: id, keyType: "API_KEY" }));
    members.push({ id, value });
  }
  return { usagePlanId: plan.id ?? "", keys: members, key: members[0] ?? { id: "", value: "" } };
}

function call({ meter }: Started, apiKey: string, times = 1): string[] {
  const request = { apiKey, restApiId: API_ID, stage: "dev", resourcePath: "/v1/flights", httpMethod: "GET" };
  return Array.from({ length: times }, () => meter.admit(request).outcome);
}

const usage = (usagePlanId: string, startDate: string, endDate: string, rest: object = {}) =>
  local.client.send(new GetUsageCommand({ usagePlanId, startDate, endDate, ...rest }));

const grant = (usagePlanId: string, keyId: string, value: string, path = "/remaining") =>
  local.client.send(
    new UpdateUsageCommand({ usagePlanId, keyId, patchOperations: [{ op: "replace", path, value }] }),
  );

describe("usage is refused", () => {
  it("of a plan that does not exist, and of a key that is not in the plan", async () => {
    const { usagePlanId, key } = await subscribe(local, { limit: 5, period: "DAY" });
    expect(await refusalOf(usage("none", "2027-03-10", "2027-03-10"))).toEqual(
      notFound("Invalid Usage Plan ID specified"),
    );
    expect(await refusalOf(grant("none", key.id, "5"))).toEqual(notFound("Invalid Usage Plan ID specified"));
    const stranger = notFound("Invalid API Key identifier specified");
    expect(await refusalOf(usage(usagePlanId, "2027-03-10", "2027-03-10", { keyId: "none" }))).toEqual(
      stranger,
    );
    expect(await refusalOf(grant(usagePlanId, "none", "5"))).toEqual(stranger);
  });

  it.each([
    ["10/03/2027", "2027-03-10"],
    ["2027-02-30", "2027-03-10"],
    ["2027-03-10", "2027-03-09"],
    ["2020-01-01", "2027-03-10"],
  ])("for dates from %s to %s", async (from, to) => {
    const { usagePlanId } = await subscribe(local, { limit: 5, period: "DAY" });
    expect(await refusalOf(usage(usagePlanId, from, to))).toMatchObject({ name: "BadRequestException" });
  });

  it("to be changed to less than nothing, elsewhere than at /remaining, and without a quota", async () => {
    const { usagePlanId, key } = await subscribe(local, { limit: 5, period: "DAY" });
    expect(await refusalOf(grant(usagePlanId, key.id, "-1"))).toMatchObject({ name: "BadRequestException" });
    expect(await refusalOf(grant(usagePlanId, key.id, "1", "/used"))).toEqual(
      badRequest("Invalid patch path  '/used' specified for op 'replace'. Must be one of: [/remaining]"),
    );
    const unlimited = await subscribe(local, undefined);
    expect(await refusalOf(grant(unlimited.usagePlanId, unlimited.key.id, "1"))).toMatchObject({
      name: "BadRequestException",
    });
  });
});

describe("GetUsage", () => {
  it("tells by key and day what was used and what remained, up to today", async () => {
    const { usagePlanId, keys } = await subscribe(local, { limit: 10, period: "DAY" }, 2);
    const [busy = { id: "", value: "" }, idle] = keys;
    call(local, busy.value, 3);
    local.clock.time += 2 * DAY;
    call(local, busy.value, 12);
    const answer = await usage(usagePlanId, "2027-03-09", "2027-03-31");
    expect(answer).toMatchObject({ usagePlanId, startDate: "2027-03-09", endDate: "2027-03-31" });
    expect(answer.items).toEqual({
      [busy.id]: [
        [0, 10],
        [3, 7],
        [0, 10],
        [10, 0],
      ],
      [idle?.id ?? ""]: [
        [0, 10],
        [0, 10],
        [0, 10],
        [0, 10],
      ],
    });
  });

  it("lets what remains of a week or month go down day by day", async () => {
    const { usagePlanId, key } = await subscribe(local, { limit: 10, period: "WEEK" });
    call(local, key.value, 3);
    local.clock.time += DAY;
    call(local, key.value, 2);
    const { items } = await usage(usagePlanId, "2027-03-10", "2027-03-11", { keyId: key.id });
    expect(items).toEqual({
      [key.id]: [
        [3, 7],
        [2, 5],
      ],
    });
  });

  it("tells one key alone when asked, and pages through the keys of a plan", async () => {
    const { usagePlanId, keys } = await subscribe(local, { limit: 10, period: "DAY" }, 3);
    const one = await usage(usagePlanId, "2027-03-10", "2027-03-10", { keyId: keys[1]?.id });
    expect(Object.keys(one.items ?? {})).toEqual([keys[1]?.id]);
    const first = await usage(usagePlanId, "2027-03-10", "2027-03-10", { limit: 2 });
    const second = await usage(usagePlanId, "2027-03-10", "2027-03-10", { position: first.position });
    expect([...Object.keys(first.items ?? {}), ...Object.keys(second.items ?? {})].sort()).toEqual(
      keys.map(({ id }) => id).sort(),
    );
    expect(second.position).toBeUndefined();
  });

  it("counts for plans without a quota, too, and says that no remaining number is known", async () => {
    const { usagePlanId, key } = await subscribe(local, undefined);
    call(local, key.value, 4);
    expect((await usage(usagePlanId, "2027-03-10", "2027-03-10")).items).toEqual({ [key.id]: [[4, -1]] });
  });
});

describe("UpdateUsage", () => {
  it("grants more in the current period, and in that one only", async () => {
    const { usagePlanId, key } = await subscribe(local, { limit: 2, period: "DAY" });
    expect(call(local, key.value, 3)).toEqual(["admitted", "admitted", "quotaExceeded"]);
    const answer = await grant(usagePlanId, key.id, "2");
    expect(answer).toMatchObject({
      usagePlanId,
      startDate: "2027-03-10",
      endDate: "2027-03-10",
      items: { [key.id]: [[2, 2]] },
    });
    expect(call(local, key.value, 3)).toEqual(["admitted", "admitted", "quotaExceeded"]);
    local.clock.time += DAY;
    expect(call(local, key.value, 3)).toEqual(["admitted", "admitted", "quotaExceeded"]);
  });

  it("can also take away what remains", async () => {
    const { usagePlanId, key } = await subscribe(local, { limit: 5, period: "DAY" });
    await grant(usagePlanId, key.id, "0");
    expect(call(local, key.value)).toEqual(["quotaExceeded"]);
  });

  it("stays on top of a limit that changes afterwards", async () => {
    const { usagePlanId, key } = await subscribe(local, { limit: 2, period: "DAY" });
    call(local, key.value, 2);
    await grant(usagePlanId, key.id, "1");
    await local.client.send(
      new UpdateUsagePlanCommand({
        usagePlanId,
        patchOperations: [{ op: "replace", path: "/quota/limit", value: "4" }],
      }),
    );
    expect(call(local, key.value, 4)).toEqual(["admitted", "admitted", "admitted", "quotaExceeded"]);
  });
});

describe("what the SDK changes holds at the edge at once:", () => {
  it("a disabled key is refused, and accepted again when enabled", async () => {
    const { key } = await subscribe(local, undefined);
    const enable = (value: string) =>
      local.client.send(
        new UpdateApiKeyCommand({
          apiKey: key.id,
          patchOperations: [{ op: "replace", path: "/enabled", value }],
        }),
      );
    expect(call(local, key.value)).toEqual(["admitted"]);
    await enable("false");
    expect(call(local, key.value)).toEqual(["invalidKey"]);
    await enable("true");
    expect(call(local, key.value)).toEqual(["admitted"]);
  });

  it("a throttle", async () => {
    const { usagePlanId, key } = await subscribe(local, undefined);
    await local.client.send(
      new UpdateUsagePlanCommand({
        usagePlanId,
        patchOperations: [
          { op: "replace", path: "/throttle/rateLimit", value: "1" },
          { op: "replace", path: "/throttle/burstLimit", value: "2" },
        ],
      }),
    );
    expect(call(local, key.value, 3)).toEqual(["admitted", "admitted", "throttled"]);
  });
});

it("plans, memberships, usage and extensions survive a restart", async () => {
  const directory = mkdtempSync(join(tmpdir(), "usage-"));
  const before = await startApiGateway({ store: Store.open(join(directory, "state.db")) });
  const { usagePlanId, key } = await subscribe(before, { limit: 2, period: "DAY" });
  call(before, key.value, 2);
  await before.client.send(
    new UpdateUsageCommand({
      usagePlanId,
      keyId: key.id,
      patchOperations: [{ op: "replace", path: "/remaining", value: "1" }],
    }),
  );
  await before.close();
  before.store.close();

  const after = await startApiGateway({ store: Store.open(join(directory, "state.db")) });
  expect(call(after, key.value, 2)).toEqual(["admitted", "quotaExceeded"]);
  const { items } = await after.client.send(
    new GetUsageCommand({ usagePlanId, startDate: "2027-03-10", endDate: "2027-03-10" }),
  );
  expect(items).toEqual({ [key.id]: [[3, 0]] });
  await after.close();
  after.store.close();
  rmSync(directory, { recursive: true });
});
