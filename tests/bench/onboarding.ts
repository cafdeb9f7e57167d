import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "../support/command.ts";
import { onboardByWorkers } from "../support/onboarding-workers.ts";
import { signInPerson } from "../support/person.ts";
import { freshPlace, RunningStack, removePlace } from "../support/running-stack.ts";
import { atMost, type Measurement } from "./measurement.ts";

/** With the demo's and the tiers' plans fewer than the 300 of an account, so that each tenant has its own. */
const TENANTS = 200;
const WORKERS = 8;

/** What an account may ask of API Gateway's control plane: so many at once, and then so many a second. */
const BURST = 40;
const RATE = 10;
const KEYS_A_SECOND = 5;

/**
 * 200 tenants by 8 workers through the admin API, with the control plane as slow as AWS's, beside the time that
 * its rates take for as many calls. Fails on a slug that is there twice, and on anything that is left over.
 */
export async function measureOnboarding(): Promise<Measurement[]> {
  process.env.CONTROL_PLANE_RATES = "enforced";
  const place = await freshPlace();
  const stack = await RunningStack.start(place);
  try {
    const admin = stack.demo.operators.find(({ groups }) => groups.includes("admin"));
    if (!admin) throw new Error("the demo has no admin");
    const { accessToken } = await signInPerson(stack.demo, admin);
    const slugs = Array.from({ length: TENANTS }, (_none, number) => `bench-${number}`);
    // Each tenth one is wanted by two workers.
    const wanted = slugs.flatMap((slug, number) => (number % 10 === 0 ? [slug, slug] : [slug]));
    const begun = Date.now();
    const outcome = await onboardByWorkers({ apiUrl: stack.demo.apiUrl, token: accessToken }, wanted, {
      workers: WORKERS,
      plan: "standard",
    });
    const ids = [...outcome.tenants.values()].flat();
    if (outcome.tenants.size !== TENANTS || new Set(ids).size !== TENANTS || ids.length !== TENANTS)
      throw new Error(`${TENANTS} slugs became ${ids.length} tenants`);
    if (outcome.conflicts !== wanted.length - TENANTS)
      throw new Error(`${outcome.conflicts} requests were answered 409`);
    const reconciled = await Command.run(place, "tenants.ts", "--json", "reconcile");
    if (reconciled.code !== 0) throw new Error(`something is left over: ${reconciled.stdout}`);
    return judge(callsSince(begun, place.home), outcome);
  } finally {
    await stack.stop();
    removePlace(place);
  }
}

interface Call {
  readonly at: number;
  readonly operation: string;
  readonly throttled: boolean;
}

function callsSince(begun: number, home: string): Call[] {
  return readFileSync(join(home, "logs", "control-plane.log"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([at, operation = "", outcome]) => ({
      at: Number(at),
      operation,
      throttled: outcome === "throttled",
    }))
    .filter(({ at }) => at >= begun);
}

function judge(
  calls: readonly Call[],
  { seconds, repeated }: { readonly seconds: number; readonly repeated: number },
): Measurement[] {
  const onboarding = calls.filter(({ at }) => at <= (calls[0]?.at ?? 0) + seconds * 1000);
  const admitted = onboarding.filter(({ throttled }) => !throttled);
  const keys = admitted.filter(({ operation }) => operation === "CreateApiKey");
  const refused = onboarding.length - admitted.length;
  const allowed = Math.max((admitted.length - BURST) / RATE, (keys.length - KEYS_A_SECOND) / KEYS_A_SECOND);
  process.stderr.write(
    `  ${admitted.length} calls of the control plane, ${(admitted.length / seconds).toFixed(1)} a second, ` +
      `at most ${peak(admitted)} in one; CreateApiKey at most ${peak(keys)}; ` +
      `${refused} refused for their rate, ${repeated} requests sent again\n`,
  );
  const name = `${TENANTS} tenants onboarded by ${WORKERS} workers / what AWS's rates allow`;
  return [atMost(name, "s", seconds, allowed, 1.25)];
}

/** The most calls in any one second. */
function peak(calls: readonly Call[]): number {
  const times = calls.map(({ at }) => at);
  return Math.max(0, ...times.map((begin) => times.filter((at) => at >= begin && at < begin + 1000).length));
}
