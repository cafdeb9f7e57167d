import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { flight as flightSchema } from "../../src/generated/flight.js";
import { NEW_FLIGHT } from "../support/flight.ts";
import { Machine } from "../support/machine.ts";
import {
  freshPlace,
  outcomeOf,
  RunningStack,
  readDemo,
  removePlace,
  type StackPlace,
  spawnStart,
} from "../support/running-stack.ts";

let place: StackPlace;
let stack: RunningStack | undefined;

beforeEach(async () => {
  place = await freshPlace();
});
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  removePlace(place);
});

async function signIn(running: RunningStack): Promise<Machine> {
  const tenant = running.demo.tenants.find(({ slug }) => slug === "skyways");
  if (!tenant) throw new Error("there is no demo tenant skyways");
  return Machine.signIn(running.demo, tenant);
}

/** Writes as fast as the plan allows until the stack is gone; gives the ids that were acknowledged. */
async function writeUntilKilled(machine: Machine, acknowledged: Set<string>): Promise<void> {
  for (;;) {
    try {
      const { body } = await machine.call("POST", "/v1/flights", { body: NEW_FLIGHT });
      if (flightSchema(body)) acknowledged.add(body.flightId);
    } catch {
      return;
    }
  }
}

describe("the local stack", () => {
  it("killed under load keeps every acknowledged write, its credentials and its tokens", async () => {
    stack = await RunningStack.start(place);
    const before = readDemo(place);
    const machine = await signIn(stack);
    const acknowledged = new Set<string>();
    const writers = Promise.all(Array.from({ length: 4 }, () => writeUntilKilled(machine, acknowledged)));
    while (acknowledged.size < 40) await new Promise((resolve) => setTimeout(resolve, 50));
    await stack.kill();
    await writers;

    stack = await RunningStack.start(place);
    expect(readDemo(place)).toEqual(before);
    const again = await signIn(stack);
    expect((await machine.call("GET", "/v1/tenant")).status).toBe(200);
    for (const flightId of acknowledged) {
      let answer = await again.call("GET", `/v1/flights/${flightId}`);
      while (answer.status === 429) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        answer = await again.call("GET", `/v1/flights/${flightId}`);
      }
      expect([flightId, answer.status]).toEqual([flightId, 200]);
    }
  }, 240_000);
});

/** Refused with one line that says why, and with nothing left running. */
async function expectRefusal(args: readonly string[], reason: RegExp): Promise<void> {
  const { code, output } = await outcomeOf(spawnStart(place, args));
  expect(code).not.toBe(0);
  const lines = output
    .trim()
    .split("\n")
    .filter((line) => !/^(Starting|Derived|Began)/.test(line));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(reason);
  expect(output).not.toMatch(/\n\s+at /);
}

describe("the local stack refuses to start in one line", () => {
  it("with an unknown option", async () => {
    await expectRefusal(["--frech"], /--frech/);
  });

  it.each(["port", "httpApiPort", "localAwsPort"] as const)("when its %s is taken", async (name) => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(place[name], "127.0.0.1", resolve));
    await expectRefusal([], new RegExp(String(place[name])));
    await new Promise((resolve) => occupant.close(resolve));
  });

  it("with a port that is none", async () => {
    place = { ...place, port: 99_999 };
    await expectRefusal([], /PORT.*99999/);
  });

  it("on a damaged state folder, and begins anew when told to", async () => {
    stack = await RunningStack.start(place);
    await stack.stop();
    writeFileSync(join(place.home, "state", "state.sqlite"), randomBytes(8192));
    await expectRefusal([], /damaged/);
    stack = await RunningStack.start(place, ["--fresh"]);
    expect((await (await signIn(stack)).call("GET", "/v1/tenant")).status).toBe(200);
  }, 240_000);
});
