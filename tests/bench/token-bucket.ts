import { type Answer, call, Machine } from "../support/machine.ts";
import { freshPlace, RunningStack, removePlace } from "../support/running-stack.ts";
import type { Measurement } from "./measurement.ts";

const CALLERS = 32;
const MILLISECONDS = 10_000;
/** The plan `standard`, resources/plans.yml. */
const RATE = 50;
const BURST = 100;

/**
 * How much of what a plan allows 32 callers at once really get, by the usage plan at the REST API and by the
 * function's own bucket at the HTTP API: never more, hardly less.
 */
export async function measureTokenBucket(): Promise<Measurement[]> {
  const place = await freshPlace();
  const stack = await RunningStack.start(place);
  try {
    const tenant = stack.demo.tenants.find(({ plan }) => plan === "standard");
    if (!tenant) throw new Error("there is no demo tenant on the plan standard");
    const machine = await Machine.signIn(stack.demo, tenant);
    const path = "/v1/flights?limit=1";
    const headers = { Authorization: `Bearer ${machine.token}` };
    return [
      await measure("REST API", () => machine.call("GET", path)),
      await measure("HTTP API", () => call(`${stack.demo.httpApiUrl}${path}`, "GET", { headers })),
    ];
  } finally {
    await stack.stop();
    removePlace(place);
  }
}

async function measure(way: string, call: () => Promise<Answer>): Promise<Measurement> {
  const { admitted, seconds } = await hammer(call);
  const allowed = RATE * seconds + BURST;
  const ratio = admitted / allowed;
  return {
    name: `calls of ${CALLERS} callers admitted / rate × time + burst, ${way}`,
    unit: "",
    value: admitted,
    baseline: allowed,
    ratio,
    target: "0.98–1.00",
    meets: ratio >= 0.98 && ratio <= 1,
  };
}

async function hammer(call: () => Promise<Answer>): Promise<{ admitted: number; seconds: number }> {
  const begun = performance.now();
  let admitted = 0;
  let last = begun;
  const caller = async () => {
    while (performance.now() - begun < MILLISECONDS) {
      const { status } = await call();
      if (status !== 200) continue;
      admitted += 1;
      last = performance.now();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return { admitted, seconds: (last - begun) / 1000 };
}
