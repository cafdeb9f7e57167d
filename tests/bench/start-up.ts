import { freshPlace, RunningStack, removePlace } from "../support/running-stack.ts";
import { atMost, type Measurement, median } from "./measurement.ts";
import { startStockOfTenantApi } from "./offline-process.ts";

const ROUNDS = 3;

/** From nothing to ready, demo tenants onboarded and loaded, beside stock serverless-offline with the same functions. */
export async function measureStartUp(): Promise<Measurement[]> {
  const samples: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    samples[0].push(await timeFresh(async (place) => (await RunningStack.start(place)).stop()));
    samples[1].push(await timeFresh(async (place) => (await startStockOfTenantApi(place)).stop()));
  }
  return [
    atMost(
      "npm start to ready / stock serverless-offline with the same functions",
      "ms",
      median(samples[0]),
      median(samples[1]),
      3,
    ),
  ];
}

async function timeFresh(
  startAndStop: (place: Awaited<ReturnType<typeof freshPlace>>) => Promise<void>,
): Promise<number> {
  const place = await freshPlace();
  const begun = performance.now();
  await startAndStop(place);
  const took = performance.now() - begun;
  removePlace(place);
  return took;
}
