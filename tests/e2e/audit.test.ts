import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { AuditRecord } from "../../src/domain/audit.ts";
import { Command } from "../support/command.ts";
import { demoPlace } from "../support/demo-stack.ts";
import { demoAdmin } from "../support/group-member.ts";
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
