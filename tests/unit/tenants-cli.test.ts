import { describe, expect, it } from "@jest/globals";
import { Command, NO_STACK } from "../support/command.ts";

const tenants = (...args: string[]) => Command.run(NO_STACK, "tenants.ts", ...args);

describe("what is typed and makes no sense exits with 2 and says why", () => {
  it.each([
    [[], "Usage: tenants"],
    [["frob"], "unknown command 'frob'"],
    [["list", "--frob"], "unknown option '--frob'"],
    [["create"], "required option '--plan <plan>'"],
    [["create", "skyways"], "required option '--plan <plan>'"],
    [["create", "--plan", "trial"], "missing required argument 'slug'"],
    [["show"], "missing required argument 'tenant'"],
    [["suspend"], "missing required argument 'tenant'"],
    [["offboard"], "missing required argument 'tenant'"],
    [["delete-client", "skyways"], "missing required argument 'client'"],
    [["http-api", "deny"], "Say either a tenant and its client, or --client-id."],
    [["http-api", "deny", "skyways"], "Say either a tenant and its client, or --client-id."],
    [["http-api", "deny", "skyways", "default", "--client-id", "x"], "Say either a tenant and its client"],
    [["update"], "missing required argument 'tenant'"],
    [["update", "skyways"], "Nothing is asked to be changed."],
    [["update", "skyways", "--plan", "gold"], 'There is no plan "gold"'],
    [["update", "skyways", "--rate", "fast"], "A rate is more than 0"],
    [["update", "skyways", "--quota", "5"], "--quota and --quota-period go together."],
    [
      ["update", "skyways", "--quota", "5", "--quota-period", "YEAR"],
      "A quota is for one of DAY, WEEK, MONTH.",
    ],
    [["update", "skyways", "--rate", "5", "--standard-limits"], "Either --standard-limits or numbers"],
    [["extend-quota", "skyways"], "Say either how many requests are to remain, or how many more."],
    [["extend-quota", "skyways", "--by", "1", "--remaining", "1"], "Say either how many requests"],
    [["extend-quota", "skyways", "--by", "0"], "An extension is 1 to"],
    [["audit", "--limit", "0"], "It must be a number from 1 on."],
    [["create", "Sky", "--plan", "trial"], '"Sky" is no slug: 3 to 40 of a-z, 0-9 and -'],
    [
      ["create", "skyways", "--plan", "gold"],
      'There is no plan "gold"; the plans are trial, standard, premium.',
    ],
    [
      ["create", "skyways", "--plan", "trial", "--scopes", "flights.read,flights.fly"],
      'There is no scope "flights.fly"; the scopes are flights.read,',
    ],
  ])("%j", async (args, explanation) => {
    const { code, stdout, stderr } = await tenants(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(explanation);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe("without a running stack", () => {
  it.each([
    [["list"]],
    [["--json", "list"]],
    [["create", "skyways", "--plan", "trial"]],
    [["usage", "skyways"]],
    [["suspend", "skyways", "--yes"]],
    [["update", "skyways", "--plan", "premium"]],
    [["extend-quota", "skyways", "--by", "5"]],
    [["audit"]],
  ])("%j is one line that says how to start it", async (args) => {
    expect(await tenants(...args)).toEqual({
      code: 1,
      stdout: "",
      stderr: "error: The local stack is not running: start it with npm start.\n",
    });
  });
});

it("help goes to standard output and is no failure", async () => {
  const { code, stdout, stderr } = await tenants("--help");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Onboard tenants");
});
