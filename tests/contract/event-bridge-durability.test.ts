import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { afterAll, expect, it } from "@jest/globals";
import { DURABLE_STACK, startEventStack } from "./support/event-stack.ts";
import { REGION, ROOT_CREDENTIALS } from "./support/tenant-stack.ts";

const directory = mkdtempSync(join(tmpdir(), "gatehouse-events-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("an event that was accepted is delivered after the process was killed", async () => {
  const script = fileURLToPath(new URL("./support/killed-event-bus.ts", import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const [endpoint] = await once(createInterface(child.stdout), "line");
  const client = new EventBridgeClient({ region: REGION, endpoint, credentials: ROOT_CREDENTIALS });
  const put = async (n: number) => {
    const Entries = [{ EventBusName: "orders", Source: "shop", DetailType: "paid", Detail: `{"n":${n}}` }];
    const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries }));
    return results[0]?.EventId;
  };
  // More than are delivered at once, so that some are with Lambda and some still with EventBridge.
  const accepted = await Promise.all(Array.from({ length: 30 }, (_, n) => put(n)));
  child.kill("SIGKILL");
  await once(child, "exit");

  const stack = await startEventStack(DURABLE_STACK, { stateDirectory: directory });
  stack.clock.set(Date.now());
  await stack.settle();
  const delivered = stack.invoked.map(({ payload }) => (payload as { id: string }).id);
  await stack.close();
  expect(new Set(delivered)).toEqual(new Set(accepted));
});
