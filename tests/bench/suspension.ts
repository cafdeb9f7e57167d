import { onboardedTenant } from "../../src/generated/onboarded-tenant.js";
import { call, Machine } from "../support/machine.ts";
import { signInPerson } from "../support/person.ts";
import { freshPlace, RunningStack, removePlace } from "../support/running-stack.ts";
import { atMost, type Measurement, median } from "./measurement.ts";

const TIMES = 11;

/**
 * How long a tenant's calls still get in after its suspension was asked for, beside how long that takes to be
 * answered. Fails when any call that was sent after the answer is let in.
 */
export async function measureSuspension(): Promise<Measurement[]> {
  const place = await freshPlace();
  const stack = await RunningStack.start(place);
  try {
    const { demo } = stack;
    const admin = demo.operators.find(({ groups }) => groups.includes("admin"));
    if (!admin) throw new Error("the demo has no admin");
    const { accessToken } = await signInPerson(demo, admin);
    const post = async (path: string, body?: object) => {
      const headers = { Authorization: `Bearer ${accessToken}` };
      const answer = await call(`${demo.apiUrl}/admin/tenants${path}`, "POST", { body, headers });
      if (answer.status > 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    };
    // On a plan that does not throttle one caller.
    const tenant = await post("", { slug: "bench", plan: "premium" });
    if (!onboardedTenant(tenant)) throw new Error("the answer is no onboarded tenant");
    const change = (name: "suspend" | "resume") => post(`/${tenant.tenantId}/${name}`);
    const samples: { refusedAfter: number; answeredAfter: number }[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      const machine = await Machine.signIn(demo, tenant);
      samples.push(await timeRefusal(machine, () => change("suspend")));
      await change("resume");
    }
    const refused = median(samples.map(({ refusedAfter }) => refusedAfter));
    const answered = median(samples.map(({ answeredAfter }) => answeredAfter));
    return [atMost("from suspend to the gateway's refusal / to its own answer", "ms", refused, answered, 1)];
  } finally {
    await stack.stop();
    removePlace(place);
  }
}

/** Calls one after the other until one is refused; times are from when the suspension was sent. */
async function timeRefusal(machine: Machine, suspend: () => Promise<unknown>) {
  const isLetIn = async () => (await machine.call("GET", "/v1/flights?limit=1")).status !== 403;
  if (!(await isLetIn())) throw new Error("the tenant is shut out before it is suspended");
  const begun = performance.now();
  let answeredAfter = Number.POSITIVE_INFINITY;
  const suspended = suspend().then(() => {
    answeredAfter = performance.now() - begun;
  });
  for (;;) {
    const sentAfter = performance.now() - begun;
    if (!(await isLetIn())) {
      await suspended;
      return { refusedAfter: sentAfter, answeredAfter };
    }
    if (sentAfter > answeredAfter) throw new Error("a suspended tenant was let in");
  }
}
