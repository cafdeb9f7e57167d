import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import type { AuditRecord } from "../../src/domain/audit.ts";
import { Command } from "../support/command.ts";
import { demoPlace } from "../support/demo-stack.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { demoAdmin } from "../support/group-member.ts";
import { newMachine } from "../support/operator.ts";
import { claimsOf, Operator } from "../support/person.ts";

const LIMIT_MILLISECONDS = 60_000;
const POLICY = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "execute-api:Invoke", Resource: "execute-api:/*/GET/admin/policies" },
  ],
};

async function run(script: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await Command.run(demoPlace(), script, ...args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Today's records that the test of a subject is about, the oldest first. */
async function recordsOf(matches: (record: AuditRecord) => boolean): Promise<AuditRecord[]> {
  const records: AuditRecord[] = JSON.parse(await run("tenants.ts", "--json", "audit", "--limit", "10000"));
  return records.filter(matches).reverse();
}

const outline = (records: readonly AuditRecord[]) =>
  records.map(({ action, phase, before, after }) => ({ action, phase, before, after }));

describe("the audit log names who changed a person:", () => {
  const of = (username: string) => (record: AuditRecord) =>
    "username" in record && record.username === username;

  it(
    "through the API, with their groups, address and request",
    async () => {
      const admin = await Operator.signIn("demo-admin");
      const username = `audited-${process.pid}`;
      const path = `/users/${username}/groups/editors`;
      await admin.call("POST", "/users", {
        body: { username, email: "audited@example.com", groups: ["viewers"] },
      });
      await admin.call("PUT", path);
      await admin.call("DELETE", path);
      expect((await admin.call("POST", "/users", { body: { username } })).status).toBe(409);

      const records = await recordsOf(of(username));
      expect(outline(records)).toEqual([
        { action: "person.create", phase: "begun", before: {}, after: { groups: ["viewers"] } },
        { action: "person.create", phase: "done", after: { groups: ["viewers"] } },
        {
          action: "person.addGroup",
          phase: "begun",
          before: { groups: ["viewers"] },
          after: { groups: ["viewers", "editors"] },
        },
        { action: "person.addGroup", phase: "done", after: { groups: ["viewers", "editors"] } },
        {
          action: "person.removeGroup",
          phase: "begun",
          before: { groups: expect.arrayContaining(["editors", "viewers"]) },
          after: { groups: ["viewers"] },
        },
        { action: "person.removeGroup", phase: "done", after: { groups: ["viewers"] } },
        { action: "person.create", phase: "begun", before: {}, after: { groups: [] } },
        { action: "person.create", phase: "refused" },
      ]);
      for (const { actor } of records)
        expect(actor).toEqual({
          id: claimsOf(admin.tokens.accessToken).sub,
          name: "demo-admin",
          groups: ["admin"],
          sourceIp: expect.stringMatching(/^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)$/),
          requestId: expect.stringMatching(/^[\w-]{36}$/),
        });
      expect(new Set(records.map(({ actor }) => actor.requestId)).size).toBe(4);
      expect(JSON.stringify(records)).not.toContain("example.com");
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "at the command line, by the identity that AWS vouches for",
    async () => {
      const username = `audited-cli-${process.pid}`;
      await run("users.ts", "create", username);
      await run("users.ts", "add-to-group", username, "viewers");
      await run("users.ts", "set-password", username, "--generate");
      await run("users.ts", "remove-from-group", username, "viewers");
      const records = await recordsOf(of(username));
      expect(records.map(({ action, phase }) => `${action} ${phase}`)).toEqual(
        ["person.create", "person.addGroup", "person.setPassword", "person.removeGroup"].flatMap((action) => [
          `${action} begun`,
          `${action} done`,
        ]),
      );
      for (const { actor } of records) expect(actor.id).toMatch(/^arn:aws:/);
    },
    LIMIT_MILLISECONDS,
  );
});

describe("the audit log holds both versions of a policy", () => {
  it(
    "that is put through the API and by file",
    async () => {
      const group = `put-${crypto.randomUUID().slice(0, 8)}`;
      const admin = await demoAdmin();
      const { status } = await admin.call("PUT", `/admin/policies/${group}`, {
        body: POLICY,
        headers: { "If-Match": undefined },
      });
      expect(status).toBe(201);
      const file = join(demoPlace().home, `${group}.json`);
      writeFileSync(file, JSON.stringify({ ...POLICY, Statement: [] }));
      await run("policies.ts", "put", group, file).catch(() => undefined);
      const [denying] = POLICY.Statement;
      writeFileSync(file, JSON.stringify({ ...POLICY, Statement: [{ ...denying, Effect: "Deny" }] }));
      await run("policies.ts", "put", group, file);

      const records = await recordsOf((record) => "group" in record && record.group === group);
      const version = (number: string, effect: string) => ({
        version: number,
        document: expect.stringContaining(`"Effect":"${effect}"`),
      });
      // What the linter refused was never begun.
      expect(outline(records)).toEqual([
        { action: "policy.put", phase: "done", before: {}, after: version("1", "Allow") },
        {
          action: "policy.put",
          phase: "done",
          before: version("1", "Allow"),
          after: version("2", "Deny"),
        },
      ]);
      expect(records.map(({ actor }) => actor.name)[0]).toBe("demo-admin");
      expect(records[1]?.actor.id).toMatch(/^arn:aws:/);
    },
    LIMIT_MILLISECONDS,
  );
});

describe("the audit log shows what happened to a tenant's data, as the events told it,", () => {
  /** The tenant's records that events made, once there are as many. */
  async function toldBy(count: number, read: () => Promise<readonly AuditRecord[]>) {
    for (let attempt = 0; ; attempt += 1) {
      const told = (await read()).filter((record) => "eventId" in record);
      if (told.length >= count || attempt === 30) return told;
      await setTimeout(500);
    }
  }

  it(
    "each change once, to the command line and to the admin API, in ids and nothing else of it",
    async () => {
      const machine = await newMachine("standard");
      const call = async (method: string, path: string, body?: object) => {
        const headers = { "If-Match": "*", "Idempotency-Key": crypto.randomUUID() };
        const answer = await machine.call(method, path, { body, headers });
        expect([path, answer.status < 300]).toEqual([path, true]);
        return answer.body as Readonly<Record<string, string>>;
      };
      const { flightId } = await call("POST", "/v1/flights", NEW_FLIGHT);
      await call("PATCH", `/v1/flights/${flightId}`, { seats: 1 });
      await call("DELETE", `/v1/flights/${flightId}`);
      const points = { type: "earn", points: 4711, reason: "flight GH117" };
      const { transactionId } = await call("POST", "/v1/loyalty/c1/transactions", points);

      const cli = async (): Promise<AuditRecord[]> =>
        JSON.parse(
          await run("tenants.ts", "--json", "audit", "--tenant", machine.tenant.slug, "--limit", "1000"),
        );
      const told = await toldBy(4, cli);
      const states = told.map(({ action, phase, actor, after }) => ({
        action,
        phase,
        actor: actor.id,
        after,
      }));
      const record = (action: string, after: object) => ({
        action,
        phase: "done",
        actor: "gatehouse.airline",
        after,
      });
      const expected = [
        record("flight.created", { flightId }),
        record("flight.changed", { flightId }),
        record("flight.deleted", { flightId }),
        record("loyalty.points_moved", { transactionId, customerId: "c1" }),
      ];
      expect(states).toHaveLength(expected.length);
      expect(states).toEqual(expect.arrayContaining(expected));
      const admin = await demoAdmin();
      const page = await admin.call("GET", `/admin/audit?tenantId=${machine.tenant.tenantId}&limit=100`);
      const { items } = page.body as { items: AuditRecord[] };
      expect(items.filter((item) => "eventId" in item)).toEqual(told);
    },
    LIMIT_MILLISECONDS,
  );
});
