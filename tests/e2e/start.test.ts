import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Command } from "../support/command.ts";
import { Machine } from "../support/machine.ts";
import {
  freshPlace,
  RunningStack,
  readDemo,
  removePlace,
  type StackPlace,
} from "../support/running-stack.ts";

const LIMIT_MILLISECONDS = 60_000;

let place: StackPlace;
beforeAll(async () => {
  place = await freshPlace();
});
afterAll(() => removePlace(place));

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, "127.0.0.1", () => resolve(server));
  });
}

async function expectRefused(reason: string, at: StackPlace, ...args: string[]): Promise<void> {
  const { code, stderr } = await Command.run(at, "start.ts", ...args);
  expect(stderr).toMatch(/^gatehouse cannot start: [^\n]+\n$/);
  expect(stderr).toContain(reason);
  expect(code).not.toBe(0);
}

describe("npm start refuses with one line", () => {
  it("an option that it does not know", async () => {
    await expectRefused("unknown option --frob", place, "--frob");
  });

  it("a port that is none", async () => {
    await expectRefused("PORT", { ...place, port: 70_000 });
  });

  it("one port for two things", async () => {
    await expectRefused("must differ", { ...place, localAwsPort: place.port });
  });

  it.each(["port", "localAwsPort", "lambdaPort"] as const)("a %s that is taken", async (name) => {
    const other = await listenOn(place[name]);
    await expectRefused(`port ${place[name]} is taken`, place);
    other.close();
  });
});

describe("npm start", () => {
  it(
    "keeps tenants, data and credentials over a kill, and finds credentials again whose file was lost",
    async () => {
      let stack = await RunningStack.start(place);
      const { demo } = stack;
      const [first] = demo.tenants;
      if (!first) throw new Error("there is no demo tenant");
      const flights = async () => (await Machine.signIn(demo, first)).get("/v1/flights?limit=3");
      const before = await flights();
      expect(before.status).toBe(200);
      expect(statSync(join(place.home, "demo.json")).mode & 0o777).toBe(0o600);

      await stack.kill();
      rmSync(join(place.home, "demo.json"));
      stack = await RunningStack.start(place);
      expect(readDemo(place)).toEqual(demo);
      expect((await flights()).body).toEqual(before.body);

      const elsewhere = { ...(await freshPlace()), home: place.home };
      await expectRefused("open: end it first", elsewhere, "--fresh");
      expect((await flights()).status).toBe(200);
      await stack.stop();
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "refuses a damaged state with one line, and begins anew when told to",
    async () => {
      const before = readDemo(place);
      const state = join(place.home, "state");
      for (const file of readdirSync(state, { recursive: true, encoding: "utf8" }))
        if (file.endsWith(".sqlite")) writeFileSync(join(state, file), "this is no database");
        else if (/-(wal|shm)$/.test(file)) rmSync(join(state, file));
      await expectRefused("is damaged", place);
      const stack = await RunningStack.start(place, ["--fresh"]);
      const tenantIds = stack.demo.tenants.map(({ tenantId }) => tenantId);
      expect(tenantIds).toHaveLength(3);
      for (const { tenantId } of before.tenants) expect(tenantIds).not.toContain(tenantId);
      await stack.stop();
    },
    LIMIT_MILLISECONDS,
  );
});
