import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { Command } from "../support/command.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { callsIn, ledgerTotalsIn, today, untilBooked } from "../support/ledger.ts";
import { type CallOptions, Machine } from "../support/machine.ts";
import { freshPlace, RunningStack, removePlace, type StackPlace } from "../support/running-stack.ts";

const CALLS = 10_000;
const CALLERS = 6;

/** A call of each kind: 200, 201, 400, 401, 403 and 404, unless a limit is met first. */
const KINDS: readonly [method: string, path: string, options?: CallOptions][] = [
  ["GET", "/v1/flights?limit=1"],
  ["POST", "/v1/flights", { body: NEW_FLIGHT }],
  ["POST", "/v1/flights", { body: { seats: -1 } }],
  ["GET", "/v1/flights", { headers: { Authorization: undefined } }],
  ["GET", "/v1/flights", { headers: { "x-api-key": undefined } }],
  ["GET", "/v1/flights/flt_01JD0000000000000000000000"],
];

let place: StackPlace;
let stack: RunningStack | undefined;

beforeEach(async () => {
  place = await freshPlace();
});
afterEach(async () => {
  await stack?.stop();
  removePlace(place);
});

type Counts = Record<string, number>;

const classOf = (status: number) =>
  [401, 403, 429].includes(status) ? String(status) : `${Math.floor(status / 100)}xx`;

/** Makes calls by turns of the machines; counts the answers by whom the ledger counts them for, and class. */
async function load(machines: ReadonlyMap<string, Machine>, calls: number, counted: Map<string, Counts>) {
  let left = calls;
  const tenants = [...machines];
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      const [method, path, options] = KINDS[left % KINDS.length] ?? ["GET", "/v1/flights"];
      const turn = tenants[Math.floor(left / KINDS.length) % tenants.length];
      if (!turn) throw new Error("there is no machine");
      const [tenantId, machine] = turn;
      const { status } = await machine.call(method, path, options);
      const subject = status === 401 ? "stage" : tenantId;
      const counts = counted.get(subject) ?? {};
      counted.set(subject, counts);
      counts[classOf(status)] = (counts[classOf(status)] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

async function signIn({ demo }: RunningStack): Promise<Map<string, Machine>> {
  const tenants = demo.tenants.filter(({ slug }) => slug !== "aeroline");
  const machines = tenants.map(
    async (tenant) => [tenant.tenantId, await Machine.signIn(demo, tenant)] as const,
  );
  return new Map(await Promise.all(machines));
}

async function exported(format: string): Promise<string> {
  const month = today().slice(0, "yyyy-mm".length);
  const { code, stdout, stderr } = await Command.run(
    place,
    "billing.ts",
    "export",
    "--month",
    month,
    "--format",
    format,
  );
  expect([code, stderr]).toEqual([0, expect.stringContaining("is not over")]);
  return stdout;
}

it("10,000 mixed calls, half of them before a kill, are in the ledger and on the invoices to the call", async () => {
  stack = await RunningStack.start(place);
  const counted = new Map<string, Counts>();
  await load(await signIn(stack), CALLS / 2, counted);
  // At once: what was logged last is not delivered yet.
  await stack.kill();
  stack = await RunningStack.start(place);
  await load(await signIn(stack), CALLS / 2, counted);

  const dynamo = new DynamoDBClient({
    endpoint: stack.demo.awsEndpoint,
    region: stack.demo.region,
    credentials: { accessKeyId: "operator", secretAccessKey: "operator" },
  });
  const subjects = [...counted.keys()];
  const read = () => Promise.all(subjects.map((subject) => ledgerTotalsIn(dynamo, subject)));
  const ledger = await untilBooked(
    read,
    (found) => found.reduce((sum, totals) => sum + callsIn(totals), 0) >= CALLS,
  );
  for (const [index, subject] of subjects.entries()) {
    const classes = Object.entries(ledger[index] ?? {}).filter(([name]) => /^(\d\d\d|\dxx)$/.test(name));
    expect([subject, Object.fromEntries(classes)]).toEqual([subject, counted.get(subject)]);
  }
  const all = [...counted.values()].flatMap((counts) => Object.keys(counts));
  expect([...new Set(all)].sort()).toEqual(["2xx", "401", "403", "429", "4xx"]);

  const json = await exported("json");
  expect(await exported("json")).toBe(json);
  const lines: { tenantId: string; slug: string; billableCalls: number; refusedCalls: number }[] =
    JSON.parse(json);
  expect(lines.map(({ slug }) => slug)).toEqual(["aeroline", "puddlejump", "skyways"]);
  for (const { tenantId, billableCalls, refusedCalls } of lines) {
    const {
      "2xx": done = 0,
      "4xx": wrong = 0,
      "403": keyless = 0,
      "429": over = 0,
    } = counted.get(tenantId) ?? {};
    expect([tenantId, billableCalls, refusedCalls]).toEqual([tenantId, done + wrong, keyless + over]);
  }
  expect(await exported("csv")).toBe(await exported("csv"));
}, 300_000);
