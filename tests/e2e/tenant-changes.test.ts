import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { Command } from "../support/command.ts";
import { demo, demoPlace } from "../support/demo-stack.ts";
import { Machine } from "../support/machine.ts";
import { leaveChange, untilSettled } from "../support/settler.ts";

const LIMIT_MILLISECONDS = 60_000;

let numbers = 0;
const newSlug = () => {
  numbers += 1;
  return `changed-${numbers}-${process.pid}`;
};

const tenants = (...args: string[]) => Command.run(demoPlace(), "tenants.ts", ...args);

async function json(...args: string[]) {
  const { code, stdout, stderr } = await tenants("--json", ...args);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function newTenant(plan: string) {
  const slug = newSlug();
  const created = await json("create", slug, "--plan", plan);
  return { slug, created, machine: await Machine.signIn(demo(), created) };
}

describe("the operators' command line refuses", () => {
  it.each([
    [["update", "nobody-at-all", "--plan", "trial"], 1, 'There is no tenant "nobody-at-all".'],
    [["update", "aeroline", "--scopes", "loyalty.write"], 2, "There is no terminal to answer at"],
    [["update", "aeroline", "--scopes", "loyalty.write", "--yes"], 1, 'without any scope: "default"'],
    [["extend-quota", "nobody-at-all", "--by", "1"], 1, 'There is no tenant "nobody-at-all".'],
  ])("%j", async (args, code, reason) => {
    const outcome = await tenants(...args);
    expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(reason) });
  });
});

describe("an operator", () => {
  it(
    "changes a tenant's plan: the gateway has its numbers at once, the next token its name",
    async () => {
      const { slug, created, machine } = await newTenant("standard");
      expect((await machine.call("GET", "/v1/flights")).status).toBe(200);
      const changed = await json("update", slug, "--plan", "trial", "--name", "Changed Ltd");
      expect(changed).toMatchObject({ plan: "trial", name: "Changed Ltd", status: "active" });
      const answers = await Promise.all(Array.from({ length: 6 }, () => machine.call("GET", "/v1/flights")));
      expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(2);
      const [today] = await json("usage", slug, "--from", new Date().toISOString().slice(0, 10));
      expect(today.used).toBeGreaterThan(1);
      await setTimeout(1100);
      const profile = await machine.call("GET", "/v1/tenant");
      expect(profile.body).toMatchObject({ plan: "trial", name: "Changed Ltd" });
      const { token } = await Machine.signIn(demo(), created);
      const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
      expect(claims).toMatchObject({ gatehouse_plan: "trial" });
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "sets limits of a tenant's own, extends its quota for the period, and takes the limits back",
    async () => {
      const { slug, machine } = await newTenant("standard");
      const status = async () => (await machine.call("GET", "/v1/flights")).status;
      await json("update", slug, "--quota", "1", "--quota-period", "DAY");
      expect([await status(), await status()]).toEqual([200, 429]);
      expect(await json("extend-quota", slug, "--by", "1")).toMatchObject({ before: 0, remaining: 1 });
      expect([await status(), await status()]).toEqual([200, 429]);
      const { stdout } = await tenants("show", slug);
      expect(stdout).toContain("quota 1 a DAY; else the plan's");
      await json("update", slug, "--standard-limits");
      expect(await status()).toBe(200);
      expect(await json("show", slug)).not.toHaveProperty("limits");
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "takes a scope from a tenant: live tokens that carry it are refused within 30 s, and no new one does",
    async () => {
      const { slug, created, machine } = await newTenant("standard");
      expect((await machine.call("GET", "/v1/tenant")).status).toBe(200);
      await json("update", slug, "--scopes", "flights.read,tenant.read", "--yes");
      const removed = Date.now();
      let answer = await machine.call("GET", "/v1/tenant");
      while (answer.status === 200 && Date.now() - removed < 35_000) {
        await setTimeout(500);
        answer = await machine.call("GET", "/v1/tenant");
      }
      expect(answer.status).toBe(401);
      expect(answer.headers.get("x-amzn-remapped-www-authenticate")).toContain('error="invalid_token"');
      expect(Date.now() - removed).toBeLessThan(32_000);
      // A token of the first seconds is void too, since it cannot be told from one that was on its way.
      await setTimeout(Math.max(0, 11_500 - (Date.now() - removed)));
      const again = await Machine.signIn(demo(), created);
      expect((await again.call("GET", "/v1/tenant")).status).toBe(200);
      expect((await again.call("GET", "/v1/loyalty/someone")).status).toBe(401);
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "need not come back to a change that was interrupted: the settler finishes it",
    async () => {
      const { slug } = await newTenant("standard");
      await leaveChange(slug, { plan: "premium", limits: { rateLimit: 3 } });
      expect(await json("show", slug)).toMatchObject({ plan: "standard", change: { plan: "premium" } });
      const outcome = await tenants("update", slug, "--plan", "trial");
      expect(outcome).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("being changed to plan premium"),
      });
      expect(await untilSettled(slug)).toMatchObject({ plan: "premium", limits: { rateLimit: 3 } });
      const [done] = await json("audit", "--tenant", slug);
      expect(done).toMatchObject({ phase: "done", actor: { name: "settler" } });
    },
    3 * LIMIT_MILLISECONDS,
  );
});
