import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { Command } from "../support/command.ts";
import { Machine } from "../support/machine.ts";
import { signInPerson } from "../support/person.ts";
import {
  freshPlace,
  RunningStack,
  readDemo,
  removePlace,
  type StackPlace,
} from "../support/running-stack.ts";

const LIMIT_MILLISECONDS = 60_000;

let place: StackPlace;
let stack: RunningStack;
beforeAll(async () => {
  place = await freshPlace();
  stack = await RunningStack.start(place);
}, LIMIT_MILLISECONDS);
afterAll(async () => {
  await stack.stop();
  removePlace(place);
});

it("the demo file is its owner's alone to read", () => {
  expect(statSync(join(place.home, "demo.json")).mode & 0o777).toBe(0o600);
});

it("a second start on the same state is refused, even to begin anew, and the first goes on", async () => {
  const elsewhere = { ...(await freshPlace()), home: place.home };
  const { code, stderr } = await Command.run(elsewhere, "start.ts", "--fresh");
  expect(stderr).toMatch(/^gatehouse cannot start: another process has the tables in [^\n]+\n$/);
  expect(code).toBe(1);
  const [tenant] = stack.demo.tenants;
  if (!tenant) throw new Error("there is no demo tenant");
  const machine = await Machine.signIn(stack.demo, tenant);
  expect((await machine.call("GET", "/v1/flights?limit=1")).status).toBe(200);
});

it(
  "a demo file that is lost while its tenants are there is written again, with credentials that work",
  async () => {
    const { demo } = stack;
    await stack.stop();
    rmSync(join(place.home, "demo.json"));
    stack = await RunningStack.start(place);
    const again = readDemo(place);
    // A password cannot be read back from a user pool: people get a new one.
    expect({ ...again, operators: [] }).toEqual({ ...demo, operators: [] });
    for (const tenant of again.tenants) await Machine.signIn(demo, tenant);
    for (const operator of again.operators) await signInPerson(again, operator);
  },
  LIMIT_MILLISECONDS,
);
