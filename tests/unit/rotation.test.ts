import { beforeEach, describe, expect, it } from "@jest/globals";
import { cutOffOfClient } from "../../src/domain/tenancy/cut-off.ts";
import { deleteClient } from "../../src/domain/tenancy/delete-client.ts";
import { revokeKey, rotateKey } from "../../src/domain/tenancy/key-rotation.ts";
import { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { offboard } from "../../src/domain/tenancy/offboarding.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { retirementAt } from "../../src/domain/tenancy/retirement.ts";
import { revokeSecret, rotateSecret } from "../../src/domain/tenancy/secret-rotation.ts";
import { settleDue } from "../../src/domain/tenancy/settlement.ts";
import { resume, suspend } from "../../src/domain/tenancy/suspension.ts";
import type { AppClientRecord, TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { type Around, FakeClock, FakeWorld } from "./tenancy/fakes.ts";
import { FAULTS, Fault } from "./tenancy/fault.ts";

const HOUR = 3_600_000;

let world: FakeWorld;
let clock: FakeClock;
let tenant: TenantRecord;
let client: AppClientRecord;
/** Values of the credentials that somebody was shown, the newest last. */
let shown: string[];

beforeEach(freshWorld);
async function freshWorld(): Promise<void> {
  world = new FakeWorld();
  clock = new FakeClock();
  shown = [];
  tenant = await onboard(world.ports(), clock, newTenant({ slug: "skyways", plan: "standard" }), {
    handOver: () => undefined,
  });
  const [only] = await world.ports().tenants.clientsOf(tenant.tenantId);
  if (!only) throw new Error("onboarding made no client");
  client = only;
}

const stored = () => {
  const record = world.tenants.get(tenant.tenantId);
  if (!record) throw new Error("the tenant is gone");
  return record;
};

/** Both kinds of credentials are rotated in the same way: what they differ in. */
const KINDS = {
  secret: {
    rotate: (ports: TenancyPorts, at: number) =>
      rotateSecret(ports, clock, stored(), client, at, {
        handOver: ({ made }) => {
          shown.push(made.clientSecret);
        },
      }),
    revoke: (ports: TenancyPorts, id: string) => revokeSecret(ports, clock, stored(), client, id, {}),
    /** Those that AWS takes. */
    live: () =>
      (world.rotating.secrets.get(client.clientId) ?? []).map(({ secretId, value }) => ({
        id: secretId,
        value,
      })),
    retiring: () => world.clientRecords.get(client.clientId)?.retiringSecret,
  },
  key: {
    rotate: (ports: TenancyPorts, at: number) =>
      rotateKey(ports, clock, stored(), at, {
        handOver: ({ made }) => {
          shown.push(made.apiKey);
        },
      }),
    revoke: (ports: TenancyPorts, id: string) => revokeKey(ports, clock, stored(), id, {}),
    live: () => [...world.apiKeys].map(([id, { value }]) => ({ id, value })),
    retiring: () => stored().retiringApiKey,
  },
} as const;

function settle(around?: Around) {
  const failed = (_due: unknown, error: unknown) => {
    throw error;
  };
  return settleDue(world.ports(around), clock, { until: Number.POSITIVE_INFINITY, failed });
}

const inAnHour = () => clock.now() + HOUR;
const idOf = (credential: { id: string } | undefined) => credential?.id ?? "?";

describe("the deadline of a rotation", () => {
  const now = Date.UTC(2027, 0, 1);

  it.each([
    [undefined, 24 * HOUR],
    ["0s", 0],
    ["90s", 90_000],
    ["30m", HOUR / 2],
    ["7d", 7 * 24 * HOUR],
    ["30d", 30 * 24 * HOUR],
    ["2027-01-01T01:00:00Z", HOUR],
    ["2027-01-01T03:00:00+02:00", HOUR],
  ])("%s is understood", (text, expected) => {
    expect(retirementAt(text, now) - now).toBe(expected);
  });

  it.each([
    "",
    "soon",
    "-1h",
    "1.5h",
    "24",
    "31d",
    "721h",
    "99999999999s",
    "2026-12-31T23:59:59Z",
    "2027-02-01T00:00:00Z",
    "2027-02-30T00:00:00Z",
    "2027-01-02",
    "2027-01-02 00:00:00",
  ])("%j is refused", (text) => {
    expect(() => retirementAt(text, now)).toThrow(
      expect.objectContaining({
        code: "invalid",
        findings: [expect.objectContaining({ pointer: "#/deadline" })],
      }),
    );
  });
});

describe.each(["secret", "key"] as const)("what of a %s is refused", (name) => {
  const kind = KINDS[name];

  it.each(["provisioning", "deleting", "deleted"] as const)("of a tenant that is %s", async (status) => {
    const [id] = kind.live().map(idOf);
    world.tenants.set(tenant.tenantId, { ...tenant, status });
    for (const change of [kind.rotate(world.ports(), inAnHour()), kind.revoke(world.ports(), id ?? "?")])
      await expect(change).rejects.toMatchObject({
        code: "conflict",
        detail: expect.stringContaining(`is ${status}`),
      });
    expect([kind.live().length, world.due.size, shown]).toEqual([1, 0, []]);
  });

  it("a second rotation while one is under way, with its state: no end is ever put off", async () => {
    await kind.rotate(world.ports(), inAnHour());
    const before = [kind.live(), kind.retiring(), [...world.due.values()], world.audit.length];
    const end = new Date(inAnHour()).toISOString();
    await expect(kind.rotate(world.ports(), clock.now() + 2 * HOUR)).rejects.toMatchObject({
      code: "conflict",
      detail: expect.stringContaining(`works until ${end}`),
    });
    expect([kind.live(), kind.retiring(), [...world.due.values()], world.audit.length]).toEqual(before);
    expect(shown).toHaveLength(1);
  });

  it("to revoke the only one, or one that there is not, which leaves nothing behind", async () => {
    const [only] = kind.live();
    await expect(kind.revoke(world.ports(), idOf(only))).rejects.toMatchObject({ code: "conflict" });
    await expect(kind.revoke(world.ports(), "another")).rejects.toMatchObject({ code: "not-found" });
    expect([kind.live(), world.due.size, world.rotating.reservations.size]).toEqual([[only], 0, 0]);
  });
});

/** The port, but that nothing can be deleted. */
function failing<T extends object>(port: T, fails: () => Promise<never>): T {
  return new Proxy(port, {
    get: (target, name, receiver) => (name === "delete" ? fails : Reflect.get(target, name, receiver)),
  });
}

describe.each(["secret", "key"] as const)("a rotation of a %s", (name) => {
  const kind = KINDS[name];

  it("lets both work until the deadline, then only the new one", async () => {
    const [old] = kind.live();
    const { made } = await kind.rotate(world.ports(), inAnHour());
    expect(kind.live()).toEqual([old, { id: made.id, value: shown[0] }]);
    expect(kind.retiring()).toEqual({ id: idOf(old), retiresAt: new Date(inAnHour()).toISOString() });
    await clock.sleep(HOUR - 1);
    expect(await settle()).toMatchObject({ settled: 0 });
    expect(kind.live()).toHaveLength(2);
    await clock.sleep(1);
    expect(await settle()).toMatchObject({ settled: 1 });
    expect(kind.live()).toEqual([{ id: made.id, value: shown[0] }]);
    expect([kind.retiring(), world.due.size, world.rotating.reservations.size]).toEqual([undefined, 0, 0]);
    // Live tokens have their hour: only a revocation voids them.
    expect(world.cutOffs.size).toBe(0);
    // What was rotated once can be rotated again.
    await kind.rotate(world.ports(), inAnHour());
    expect(kind.live()).toHaveLength(2);
  });

  it("with a deadline of now leaves the new one alone at once", async () => {
    const { made } = await kind.rotate(world.ports(), clock.now());
    expect(kind.live()).toEqual([{ id: made.id, value: shown[0] }]);
    expect([kind.retiring(), world.due.size]).toEqual([undefined, 0]);
  });

  it("with a deadline of now hands over what was made, though the old one cannot be deleted just now", async () => {
    const ports = world.ports();
    const fails = async () => {
      throw new Error("AWS does not answer");
    };
    const { made } = await kind.rotate(
      {
        ...ports,
        apiKeys: failing(ports.apiKeys, fails),
        clientSecrets: failing(ports.clientSecrets, fails),
      },
      clock.now(),
    );
    expect(kind.live()).toEqual([expect.anything(), { id: made.id, value: shown[0] }]);
    await clock.sleep(HOUR);
    await settle();
    expect(kind.live()).toEqual([{ id: made.id, value: shown[0] }]);
  });

  it("writes who did what, and no value of a credential", async () => {
    const records = world.audit.length;
    const [old] = kind.live();
    const { made } = await kind.rotate(world.ports(), inAnHour());
    await clock.sleep(HOUR);
    await settle();
    expect(world.audit.slice(records).map(({ action, phase }) => `${action} ${phase}`)).toEqual([
      `${name}.add begun`,
      `${name}.add done`,
      `${name}.retire begun`,
      `${name}.retire done`,
    ]);
    expect(world.audit.at(-1)).toMatchObject({ after: { deleted: [idOf(old)] } });
    expect(JSON.stringify(world.audit)).toContain(made.id);
    for (const value of [...shown, old?.value])
      expect(JSON.stringify(world.audit)).not.toContain(`"${value}"`);
  });

  it("is ended early by revoking either of the two: the other one stays, without an end", async () => {
    for (const which of [0, 1]) {
      await freshWorld();
      await kind.rotate(world.ports(), inAnHour());
      const both = kind.live();
      await kind.revoke(world.ports(), idOf(both[which]));
      const [left] = kind.live();
      expect(kind.live()).toEqual([both[1 - which]]);
      expect([kind.retiring(), world.due.size, world.rotating.reservations.size]).toEqual([undefined, 0, 0]);
      if (name === "key") expect(stored().apiKeyId).toBe(idOf(left));
      await clock.sleep(2 * HOUR);
      await settle();
      expect(kind.live()).toEqual([left]);
      const cutOff = world.cutOffs.get(cutOffOfClient(client.clientId));
      expect(cutOff === undefined).toBe(name === "key");
    }
  });

  it("of a suspended tenant lets nobody in before it is resumed", async () => {
    await suspend(world.ports(), clock, stored(), {});
    await kind.rotate(world.ports(), inAnHour());
    expect([...world.apiKeys.values()].map(({ enabled }) => enabled)).not.toContain(true);
    await resume(world.ports(), clock, stored(), {});
    expect([...world.apiKeys.values()].map(({ enabled }) => enabled)).not.toContain(false);
  });

  it("goes with its tenant, and with its client", async () => {
    await kind.rotate(world.ports(), inAnHour());
    await offboard(world.ports(), clock, stored(), {});
    await clock.sleep(HOUR);
    await settle();
    expect([world.due.size, world.rotating.reservations.size]).toEqual([0, 0]);
    expect(stored()).not.toHaveProperty("retiringApiKey");
    await freshWorld();
    await KINDS.secret.rotate(world.ports(), inAnHour());
    await deleteClient(world.ports(), clock, stored(), client.clientId);
    await clock.sleep(HOUR);
    await settle();
    expect([world.due.size, world.rotating.reservations.size]).toEqual([0, 0]);
  });
});

describe("a rotation of the API key", () => {
  it("puts the new one into the tenant's usage plan, with what the old one has left of its quota", async () => {
    const { apiKeyId = "?", usagePlanId } = stored();
    const today = new Date(clock.now()).toISOString().slice(0, 10);
    world.limits.use(apiKeyId, today, 30);
    const left = world.limits.remaining(apiKeyId, today);
    const { made } = await KINDS.key.rotate(world.ports(), inAnHour());
    expect(made.remaining).toBe(left);
    expect(world.limits.remaining(made.id, today)).toBe(left);
    expect(world.memberships.get(made.id)).toBe(usagePlanId);
  });

  it("knows what is left of the month also where API Gateway tells nothing of a day without a call", async () => {
    await clock.sleep(10 * 24 * HOUR);
    const { apiKeyId = "?" } = stored();
    world.limits.use(apiKeyId, "2027-01-03", 400);
    const ports = world.ports();
    const { usageOf } = ports.tenantPlans;
    const tenantPlans = Object.assign(Object.create(ports.tenantPlans), {
      usageOf: async (...args: Parameters<typeof usageOf>) =>
        (await usageOf(...args)).filter(({ used }) => used > 0),
    });
    const { made } = await KINDS.key.rotate({ ...ports, tenantPlans }, inAnHour());
    expect(made.remaining).toBe(600);
  });

  it("whose deadline passed during a suspension is not undone by the resumption", async () => {
    const [old] = KINDS.key.live();
    const { made } = await KINDS.key.rotate(world.ports(), inAnHour());
    await suspend(world.ports(), clock, stored(), {});
    await clock.sleep(2 * HOUR);
    await resume(world.ports(), clock, stored(), {});
    expect(world.apiKeys.get(idOf(old))?.enabled).toBe(false);
    expect(world.apiKeys.get(made.id)?.enabled).toBe(true);
  });

  it("that is overtaken by a suspension is taken back, however far it has come", async () => {
    let overtaken = 0;
    for (let at = 1; ; at += 1) {
      await freshWorld();
      let calls = 0;
      let done = false;
      const meanwhile: Around = async (call) => {
        calls += 1;
        if (calls === at) {
          done = true;
          await suspend(world.ports(), clock, stored(), {});
        }
        return call();
      };
      const before = stored().apiKeyId;
      const outcome = await KINDS.key
        .rotate(world.ports(meanwhile), inAnHour())
        .catch((error) => ({ error }));
      if (!done) break;
      const live = [...world.apiKeys.values()];
      expect(live.map(({ enabled }) => enabled)).not.toContain(true);
      // Either it ended before the suspension saw the keys, or it left none but the old one.
      if ("error" in outcome) {
        overtaken += 1;
        expect([stored().apiKeyId, live.length]).toEqual([before, 1]);
      }
    }
    expect(overtaken).toBeGreaterThan(2);
  });
});

describe.each(["secret", "key"] as const)("a rotation of a %s stopped", (name) => {
  const kind = KINDS[name];

  /** Both are recorded, seen and work, or only one is; nothing that nobody saw is left. */
  function expectWhole(old: { id: string; value: string } | undefined): void {
    const seen = [old?.value, ...shown];
    for (const { value } of kind.live()) expect(seen).toContain(value);
    const retiring = kind.retiring();
    expect(kind.live()).toHaveLength(retiring ? 2 : 1);
    if (name === "key") expect(kind.live().map(idOf)).toContain(stored().apiKeyId);
    expect(world.rotating.reservations.size).toBe(retiring ? 1 : 0);
    expect(world.due.size).toBe(retiring ? 1 : 0);
  }

  it.each(FAULTS)(
    "by a $kind $moment any call is finished by the next run",
    async ({ kind: how, moment }) => {
      let at = 1;
      for (; ; at += 1) {
        await freshWorld();
        const [old] = kind.live();
        const fault = new Fault(at, how, moment);
        await kind.rotate(world.ports(fault.around), inAnHour()).catch(() => undefined);
        if (!fault.happened) break;
        const outcome = await kind.rotate(world.ports(), inAnHour()).catch((error: unknown) => ({ error }));
        // The first run had got as far as recording it.
        if ("error" in outcome) expect(outcome).toMatchObject({ error: { code: "conflict" } });
        else expect(kind.live()).toContainEqual({ id: outcome.made.id, value: shown.at(-1) });
        expect(kind.retiring()).toMatchObject({ id: idOf(old) });
        expectWhole(old);
        await clock.sleep(2 * HOUR);
        await settle();
        expect(kind.live()).toEqual([{ id: expect.any(String), value: shown.at(-1) }]);
        expectWhole(old);
      }
      expect(at).toBeGreaterThan(8);
    },
  );

  it.each(FAULTS)(
    "by a $kind $moment any call is tidied up by the settler",
    async ({ kind: how, moment }) => {
      for (let at = 1; ; at += 1) {
        await freshWorld();
        const [old] = kind.live();
        const fault = new Fault(at, how, moment);
        await kind.rotate(world.ports(fault.around), inAnHour()).catch(() => undefined);
        if (!fault.happened) break;
        await clock.sleep(60_000);
        await settle();
        expect(kind.live()).toContainEqual(old);
        expectWhole(old);
      }
    },
  );

  it.each(FAULTS)(
    "by a $kind $moment any call of the settler at its deadline ends well all the same",
    async ({ kind: how, moment }) => {
      let at = 1;
      for (; ; at += 1) {
        await freshWorld();
        const [old] = kind.live();
        await kind.rotate(world.ports(), inAnHour());
        await clock.sleep(HOUR);
        const fault = new Fault(at, how, moment);
        await settle(fault.around).catch(() => undefined);
        if (!fault.happened) break;
        await clock.sleep(2 * HOUR);
        await settle();
        expect(kind.live()).toEqual([{ id: expect.any(String), value: shown.at(-1) }]);
        expectWhole(old);
        expect(world.audit.at(-1)).toMatchObject({ action: `${name}.retire`, phase: "done" });
      }
      expect(at).toBeGreaterThan(6);
    },
  );

  it.each(FAULTS)("by a $kind $moment any call of a revocation ends well", async ({ kind: how, moment }) => {
    for (const next of ["again", "settler"] as const)
      for (let at = 1; ; at += 1) {
        await freshWorld();
        const [old] = kind.live();
        await kind.rotate(world.ports(), inAnHour());
        const fault = new Fault(at, how, moment);
        await kind.revoke(world.ports(fault.around), idOf(old)).catch(() => undefined);
        if (!fault.happened) break;
        await clock.sleep(60_000);
        if (next === "again") await kind.revoke(world.ports(), idOf(old)).catch(() => undefined);
        else await settle();
        if (kind.live().length > 1) {
          // It was not even recorded: the rotation goes on as if nobody had asked.
          expect(kind.retiring()).toMatchObject({ id: idOf(old) });
          continue;
        }
        expect(kind.live()).toEqual([{ id: expect.any(String), value: shown.at(-1) }]);
        expectWhole(old);
        if (name === "secret")
          expect(world.cutOffs.get(cutOffOfClient(client.clientId))?.notBefore).toBeDefined();
      }
  });
});

describe.each(["secret", "key"] as const)("two runs at once on a %s", (name) => {
  const kind = KINDS[name];

  it("of which one waits for the other, and then sees its rotation", async () => {
    const slowly: Around = async (call) => {
      await new Promise((resolve) => setImmediate(resolve));
      return call();
    };
    const runs = await Promise.all(
      [1, 2, 3].map(() =>
        kind.rotate(world.ports(slowly), inAnHour() + 5 * HOUR).catch((error: unknown) => ({ error })),
      ),
    );
    expect(runs.filter((outcome) => "made" in outcome)).toHaveLength(1);
    for (const outcome of runs)
      if ("error" in outcome) expect(outcome).toMatchObject({ error: { code: "conflict" } });
    expect([kind.live().length, shown.length]).toEqual([2, 1]);
  });

  it("of which one slept and was overtaken: the sleeper takes back what it made", async () => {
    for (let sleepsAt = 2; ; sleepsAt += 1) {
      await freshWorld();
      let calls = 0;
      let overtaken = false;
      const asleep: Around = async (call) => {
        calls += 1;
        if (calls === sleepsAt) {
          await clock.sleep(60_000);
          overtaken = true;
          await kind.rotate(world.ports(), inAnHour());
        }
        return call();
      };
      const [old] = kind.live();
      await kind.rotate(world.ports(asleep), inAnHour()).catch(() => undefined);
      if (!overtaken) break;
      await clock.sleep(60_000);
      await settle();
      expect(kind.live()).toHaveLength(2);
      expect(kind.live()).toContainEqual(old);
      expect(kind.retiring()).toMatchObject({ id: idOf(old) });
    }
  });
});
