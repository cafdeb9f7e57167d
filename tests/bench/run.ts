/** `npm run bench`: the design's ratios, each measured beside its baseline in this run. */
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { measureCalls } from "./calls.ts";
import { measureColdImport } from "./cold-import.ts";
import { measureEnvelope } from "./envelope.ts";
import { measureLedger } from "./ledger.ts";
import type { Measurement } from "./measurement.ts";
import { measureOnboarding } from "./onboarding.ts";
import { measureOnboardingPace } from "./onboarding-pace.ts";
import { measurePipeline } from "./pipeline.ts";
import { measureStartUp } from "./start-up.ts";
import { measureSuspension } from "./suspension.ts";
import { measureThroughput } from "./throughput.ts";
import { measureTokenBucket } from "./token-bucket.ts";

const FOLDER = join(import.meta.dirname, "..", "..", ".gatehouse");

const CHAPTERS: readonly [string, () => Promise<Measurement[]>][] = [
  ["the handler pipeline, and other ways to write it", measurePipeline],
  ["the cold import of a bundle", measureColdImport],
  ["AWS calls a request", measureCalls],
  ["requests through the local stack", measureThroughput],
  ["the token bucket under 32 callers", measureTokenBucket],
  ["10,000 onboardings at AWS's rates", measureOnboardingPace],
  ["200 tenants onboarded by 8 workers", measureOnboarding],
  ["from suspend to refusal", measureSuspension],
  ["the ledger", measureLedger],
  ["the envelope of events, and other ways to close it", measureEnvelope],
  ["start to ready", measureStartUp],
];

const [, , only] = process.argv;
if (only) {
  const [, measure] = CHAPTERS.find(([name]) => name === only) ?? [];
  if (!measure) throw new Error(`there is no chapter "${only}"; without one, all are measured`);
  const measured = await measure();
  if (process.send) process.send(measured);
  else console.log(JSON.stringify(measured, undefined, 2));
  process.exit(0);
}

/** A process for each chapter: none inherits another's clients, caches or compiled code. */
function measureApart(chapter: string): Promise<Measurement[]> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [chapter]);
    child.once("message", (measured: Measurement[]) => resolve(measured));
    child.once("exit", (code) => reject(new Error(`measuring ${chapter} ended with ${code}`)));
  });
}

const measurements: Measurement[] = [];
for (const [chapter] of CHAPTERS) {
  process.stderr.write(`Measuring ${chapter} …\n`);
  measurements.push(...(await measureApart(chapter)));
}

const table = new Table({
  head: ["what", "value", "baseline", "ratio", "target", "meets"],
  style: { head: [] },
});
const figure = (value: number, unit: string) =>
  `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${unit}`.trim();
for (const { name, value, baseline, unit, ratio, target, meets } of measurements)
  table.push([
    name,
    figure(value, unit),
    figure(baseline, unit),
    ratio.toFixed(2),
    target,
    meets ? "yes" : "no",
  ]);
console.log(table.toString());

mkdirSync(FOLDER, { recursive: true });
const rows = measurements.map(({ name, value, baseline, ratio, target, meets }) => ({
  name,
  value,
  baseline,
  ratio,
  target,
  meets,
}));
writeFileSync(join(FOLDER, "bench.json"), `${JSON.stringify(rows, null, 2)}\n`);
