import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { Command } from "../support/command.ts";
import { demo, demoPlace } from "../support/demo-stack.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { Machine } from "../support/machine.ts";

const LIMIT_MILLISECONDS = 120_000;

let numbers = 0;
const newSlug = () => {
  numbers += 1;
  return `operated-${numbers}-${process.pid}`;
};

const tenants = (...args: string[]) => Command.run(demoPlace(), "tenants.ts", ...args);

async function json(...args: string[]) {
  const { code, stdout, stderr } = await tenants("--json", ...args);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("the operators' command line refuses", () => {
  it.each([
    [["show", "nobody-at-all"], 1, 'There is no tenant "nobody-at-all".'],
    [["create", "skyways", "--plan", "trial"], 1, 'The slug "skyways" is taken by a tenant that is active.'],
    [["add-client", "aeroline", "--scopes", "flights.write"], 2, "The tenant does not have the scope"],
    [["add-client", "aeroline", "--label", "default"], 1, "already has a client with the label"],
    [["usage", "skyways", "--from", "2027-02-30"], 2, "is no day of the form yyyy-mm-dd"],
    [["suspend", "nobody-at-all", "--yes"], 1, 'There is no tenant "nobody-at-all".'],
    [["suspend", "skyways"], 2, "There is no terminal to answer at: say --yes to do it."],
    [["audit", "--from", "2027-02-30"], 2, "is no day of the form yyyy-mm-dd"],
  ])("%j", async (args, code, reason) => {
    const outcome = await tenants(...args);
    expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(reason) });
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });
});

describe("an operator", () => {
  it(
    "onboards a tenant that can work at once, and sees it",
    async () => {
      const slug = newSlug();
      const created = await json(
        "create",
        slug,
        "--plan",
        "standard",
        "--scopes",
        "flights.read,tenant.read",
      );
      const machine = await Machine.signIn(demo(), created);
      expect((await machine.call("GET", "/v1/flights")).status).toBe(200);
      const { tenantId } = created;
      expect(await json("show", slug)).toMatchObject({ tenantId, slug, status: "active", plan: "standard" });
      expect(await json("show", tenantId)).toMatchObject({ slug });
      expect(await json("list")).toEqual(
        expect.arrayContaining([expect.objectContaining({ tenantId, slug })]),
      );
      const today = new Date().toISOString().slice(0, 10);
      expect(await json("usage", slug, "--from", today)).toEqual([
        expect.objectContaining({ date: today, used: 1 }),
      ]);
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "adds a client that has its own scopes, and deletes it: its live token is refused within 30 s",
    async () => {
      const slug = newSlug();
      const created = await json("create", slug, "--plan", "standard");
      const added = await json("add-client", slug, "--label", "reporting", "--scopes", "tenant.read");
      const machine = await Machine.signIn(demo(), { ...created, ...added });
      const first = await Machine.signIn(demo(), created);
      expect((await machine.call("GET", "/v1/tenant")).status).toBe(200);
      expect((await machine.call("GET", "/v1/flights")).status).toBe(401);

      expect(await json("delete-client", slug, "reporting", "--yes")).toMatchObject({ label: "reporting" });
      const begun = Date.now();
      let answer = await machine.call("GET", "/v1/tenant");
      while (answer.status === 200 && Date.now() - begun < 30_000) {
        await setTimeout(500);
        answer = await machine.call("GET", "/v1/tenant");
      }
      expect(answer.status).toBe(401);
      expect(answer.headers.get("x-amzn-remapped-www-authenticate")).toContain('error="invalid_token"');
      expect((await first.call("GET", "/v1/tenant")).status).toBe(200);
      expect(await tenants("delete-client", slug, "reporting", "--yes")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('has no client "reporting"'),
      });
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "shuts a tenant out from its very next call on, and lets it in again",
    async () => {
      const slug = newSlug();
      const created = await json("create", slug, "--plan", "standard");
      const machine = await Machine.signIn(demo(), created);
      expect((await machine.call("GET", "/v1/flights")).status).toBe(200);
      expect(await json("suspend", slug, "--yes")).toMatchObject({ slug, status: "suspended" });
      expect(await machine.call("GET", "/v1/flights")).toMatchObject({
        status: 403,
        body: { message: "Forbidden" },
      });
      await expect(Machine.signIn(demo(), created)).rejects.toThrow("the tenant is suspended");
      expect(await json("suspend", slug, "--yes")).toMatchObject({ status: "suspended" });
      expect(await json("resume", slug, "--yes")).toMatchObject({ status: "active" });
      const again = await Machine.signIn(demo(), created);
      expect((await again.call("GET", "/v1/flights")).status).toBe(200);

      const records: { action: string; phase: string; actor: { id: string } }[] = await json(
        "audit",
        "--tenant",
        slug,
      );
      expect(records.map(({ action, phase }) => `${action} ${phase}`)).toEqual([
        "tenant.resume done",
        "tenant.resume begun",
        "tenant.suspend done",
        "tenant.suspend begun",
        "tenant.onboard done",
        "tenant.onboard begun",
      ]);
      for (const { actor } of records) expect(actor.id).toMatch(/^arn:aws:/);
      const { stdout } = await tenants("audit", "--tenant", slug);
      expect(stdout).toContain("status=active");
      for (const secret of [created.clientSecret, created.apiKey, machine.token])
        expect(stdout + JSON.stringify(records)).not.toContain(secret);
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "offboards a tenant for good: its calls are refused, its data is gone, its audit trail is not",
    async () => {
      const slug = newSlug();
      const created = await json("create", slug, "--plan", "standard");
      const machine = await Machine.signIn(demo(), created);
      for (let flights = 0; flights < 3; flights += 1)
        expect((await machine.call("POST", "/v1/flights", { body: NEW_FLIGHT })).status).toBe(201);
      const killed = new Command(demoPlace(), "tenants.ts", ["offboard", slug, "--yes"]);
      expect((await killed.killWhenItSays("Delete the app clients")).code).toBeNull();
      expect((await machine.call("GET", "/v1/flights")).status).toBe(403);
      expect(await tenants("resume", slug, "--yes")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("is deleting, being offboarded and cannot be resumed now."),
      });
      expect(await json("offboard", slug, "--yes")).toMatchObject({
        tenant: { slug, status: "deleted" },
        left: { apiKeys: 0, appClients: 0, usagePlans: 0, records: 0, data: 0 },
      });
      await expect(Machine.signIn(demo(), created)).rejects.toThrow("invalid_client");
      expect(await json("show", slug)).toMatchObject({ slug, status: "deleted", clients: [] });
      const trail = await json("audit", "--tenant", slug);
      expect(trail[0]).toMatchObject({ action: "tenant.offboard", phase: "done" });
      expect(trail.at(-1)).toMatchObject({ action: "tenant.onboard", phase: "begun" });
      expect((await tenants("create", slug, "--plan", "trial")).stderr).toContain("is deleted");
    },
    3 * LIMIT_MILLISECONDS,
  );

  it(
    "finishes an onboarding that was killed by running it again, and nothing is left over",
    async () => {
      const slug = newSlug();
      const args = ["create", slug, "--plan", "trial"];
      const killed = await new Command(demoPlace(), "tenants.ts", args).killWhenItSays("Make the API key");
      expect(killed.code).toBeNull();
      const created = await json(...args);
      await Machine.signIn(demo(), created);
      const { status, clients } = await json("show", slug);
      expect({ status, clients: clients.length }).toEqual({ status: "active", clients: 1 });
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "is shown around by the tour, and all is as expected",
    async () => {
      const { code, stdout } = await Command.run(demoPlace(), "tour.ts");
      expect(stdout.split("\n").filter((line) => line.startsWith("✗"))).toEqual([]);
      expect(code).toBe(0);
    },
    LIMIT_MILLISECONDS,
  );
});
