import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { judge, onboardingSeconds } from "../../../scripts/capacity/judge.ts";
import type { Workload } from "../../../scripts/capacity/workload.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

const SMALL: Workload = {
  tenants: 10,
  clientsPerTenant: 1,
  requestsPerSecond: 10,
  busiestShare: 0.1,
  writeShare: 0.2,
  tokenSeconds: 3600,
  functionMilliseconds: 20,
  usagePlans: "perTenant",
  customTenants: 0,
  stageRateLimit: 5000,
};

function binding(change: Partial<Workload>): string {
  return judge({ ...SMALL, ...change })
    .filter(({ headroom }) => headroom < 1)
    .map(({ name }) => name)
    .join(", ");
}

describe("which limit binds", () => {
  it.each<[string, Partial<Workload>, string]>([
    ["nothing, of a small stage", {}, ""],
    ["the plans fit with the tiers' own", { tenants: 297 }, ""],
    ["usage plans, with a plan a tenant", { tenants: 298 }, "Usage plans"],
    ["none, when tiers share theirs", { tenants: 900, usagePlans: "perTier" }, ""],
    [
      "usage plans, when too many have limits of their own",
      { tenants: 900, usagePlans: "perTier", customTenants: 298 },
      "Usage plans",
    ],
    [
      "app clients, from a thousand on",
      { tenants: 600, clientsPerTenant: 2, usagePlans: "perTier" },
      "App clients of the user pool",
    ],
    [
      "the stage's throttle before the account's",
      { requestsPerSecond: 5001, writeShare: 0.05 },
      "Requests, the stage's throttle",
    ],
    [
      "tokens, when clients keep theirs for five minutes only",
      { tenants: 9000, clientsPerTenant: 6, usagePlans: "perTier", tokenSeconds: 300 },
      "App clients of the user pool, Tokens for machines",
    ],
    [
      "functions, when they are slow",
      { requestsPerSecond: 2000, writeShare: 0.1, functionMilliseconds: 600 },
      "Functions at work at a time",
    ],
    [
      "signatures of events, when more than three hundred writes a second are told",
      { requestsPerSecond: 1204, writeShare: 0.25 },
      "Signatures of events",
    ],
    [
      "one tenant's partition too, when all of the writes are its own",
      { requestsPerSecond: 2400, busiestShare: 1, writeShare: 0.5 },
      "Signatures of events, Writes to one tenant's list of flights",
    ],
  ])("%s", (_title, change, expected) => {
    expect(binding(change)).toBe(expected);
  });

  it("every limit names its source at AWS and what to do", () => {
    for (const { name, source, remedy, value } of judge(SMALL)) {
      expect({ name, source }).toEqual({
        name,
        source: expect.stringMatching(/^https:\/\/docs\.aws\.amazon\.com\//),
      });
      expect(remedy).not.toBe("");
      expect(value).toBeGreaterThan(0);
    }
  });
});

describe("how long onboarding takes", () => {
  it("5 keys and 5 clients a second bind, unless a tenant needs three calls", () => {
    expect(onboardingSeconds({ ...SMALL, tenants: 100, usagePlans: "perTier" })).toBe(20);
    expect(onboardingSeconds({ ...SMALL, tenants: 100 })).toBe(30);
    expect(onboardingSeconds({ ...SMALL, tenants: 100, clientsPerTenant: 3 })).toBe(60);
  });
});

describe("the command line", () => {
  it.each([
    [[], "required option '--tenants <number>'"],
    [["--tenants", "0", "--rps", "1"], "It must be a whole number from 1 on."],
    [["--tenants", "1", "--rps", "x"], "It must be a number from 0.001 on."],
    [["--tenants", "1", "--rps", "1", "--busiest", "2"], "It must be a number from 0 to 1."],
    [["--tenants", "1", "--rps", "1", "--usage-plans", "none"], "Allowed choices are perTenant, perTier"],
  ])("%j exits with 2 and says why", async (args, message) => {
    expect(await run(args)).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
  });

  it("says what binds first", async () => {
    const { code, stdout } = await run(["--tenants", "500", "--rps", "2000"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Binds first: Usage plans.\n  set the parameter usagePlans to perTier");
  });

  it("takes the production stage's own throttle when none is given", async () => {
    const { stdout } = await run(["--tenants", "1", "--rps", "1", "--json"]);
    const prod = /\n {2}prod:\n(?: {4}.*\n)*? {4}stageRateLimit: (\d+)\n/.exec(
      readFileSync(join(ROOT, "serverless.yml"), "utf8"),
    );
    expect(JSON.parse(stdout).workload.stageRateLimit).toBe(Number(prod?.[1]));
  });
});

function run(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const script = join(ROOT, "scripts", "capacity.ts");
    const child = execFile(process.execPath, [script, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
