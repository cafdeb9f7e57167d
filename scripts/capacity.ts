/**
 * `npm run capacity -- --tenants <number> --rps <number>`: which limit of AWS a stage meets first as it
 * grows, and what to do about it. Pure arithmetic: it asks neither AWS nor a stack.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { type Judgement, judge, onboardingSeconds } from "./capacity/judge.ts";
import type { Workload } from "./capacity/workload.ts";
import { print } from "./stage/print.ts";
import { table } from "./stage/text.ts";

const atLeast = (least: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && Number.isFinite(value) && (!whole || Number.isInteger(value)))
    return value;
  throw new InvalidArgumentError(`It must be a ${whole ? "whole " : ""}number from ${least} on.`);
};

const share = (text: string) => {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 1.");
};

const { json, ...workload } = new Command("capacity")
  .description("which limit of AWS binds first, and what to do about it")
  .requiredOption("--tenants <number>", "how many tenants", atLeast(1, true))
  .requiredOption(
    "--rps <number>",
    "requests a second of all tenants together, at the busiest",
    atLeast(0.001, false),
  )
  .option("--clients <number>", "app clients a tenant", atLeast(1, true), 1)
  .option("--busiest <share>", "share of the requests that the busiest tenant sends", share, 0.1)
  .option("--writes <share>", "share of the requests that write", share, 0.2)
  .option("--token-ttl <seconds>", "how long a token lives and is kept", atLeast(300, true), 3600)
  .option("--function-ms <milliseconds>", "mean time of a function for a request", atLeast(1, false), 20)
  .option("--custom-tenants <number>", "tenants with limits of their own", atLeast(0, true), 0)
  .option("--stage-rate-limit <number>", "the stage's parameter stageRateLimit", atLeast(1, true), 5000)
  .addOption(
    new Option("--usage-plans <mode>", "the stage's parameter usagePlans")
      .choices(["perTenant", "perTier"])
      .default("perTenant"),
  )
  .option("--json", "print the result as JSON")
  .showHelpAfterError("(--help shows what can be asked)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{
    tenants: number;
    rps: number;
    clients: number;
    busiest: number;
    writes: number;
    tokenTtl: number;
    functionMs: number;
    customTenants: number;
    stageRateLimit: number;
    usagePlans: Workload["usagePlans"];
    json?: boolean;
  }>();

const asked: Workload = {
  tenants: workload.tenants,
  clientsPerTenant: workload.clients,
  requestsPerSecond: workload.rps,
  // The busiest of few tenants sends at least its equal share.
  busiestShare: Math.max(workload.busiest, 1 / workload.tenants),
  writeShare: workload.writes,
  tokenSeconds: workload.tokenTtl,
  functionMilliseconds: workload.functionMs,
  usagePlans: workload.usagePlans,
  customTenants: workload.customTenants,
  stageRateLimit: workload.stageRateLimit,
};

const limits = judge(asked);
const seconds = Math.ceil(onboardingSeconds(asked));
await print(json ? JSON.stringify({ workload: asked, limits, onboardingSeconds: seconds }) : text());

function text(): string {
  const rows = limits.map(({ name, demand, value, unit, headroom, raisable }) => [
    name,
    figure(demand),
    `${figure(value)} ${unit}`,
    `${figure(headroom)} x`,
    typeof raisable === "number" ? `to ${figure(raisable)}` : raisable,
  ]);
  return [
    table(["LIMIT", "NEEDED", "ALLOWED", "FITS", "RAISABLE"], rows),
    "",
    ...verdict(limits),
    `Onboarding them all takes at least ${figure(seconds)} s at AWS's rates.`,
  ].join("\n");
}

function verdict([first, ...others]: readonly Judgement[]): string[] {
  if (!first) return [];
  const over = [first, ...others].filter(({ headroom }) => headroom < 1);
  if (over.length === 0)
    return [
      `All of it fits. The first limit to be met, at about ${figure(first.headroom)} times this, is: ${first.name}.`,
      `  Then: ${first.remedy}.`,
      `  ${first.source}`,
    ];
  return over.flatMap(({ name, remedy, source }, index) => [
    `${index === 0 ? "Binds first" : "Binds too"}: ${name}.`,
    `  ${remedy}.`,
    `  ${source}`,
  ]);
}

/** Three figures at most, which is more than any of these estimates deserves. */
function figure(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: value < 1000 ? 3 : 4 });
}
