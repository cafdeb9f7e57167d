import { RateLimiter } from "../aws/dynamodb/rate-limiter.ts";
import { config } from "../config.ts";
import type { PlanName } from "../domain/tenancy/plan.ts";
import { readRateLimits, type Schedule, scheduleOf } from "../domain/tenancy/rate-limit.ts";
import type { GateStep } from "./gate.ts";
import { TooManyRequests } from "./too-many-requests.ts";

/** Of this function instance. */
const limiter = new RateLimiter();
let schedules: ReadonlyMap<PlanName, Schedule> | undefined;

function scheduleFor(plan: PlanName): Schedule {
  schedules ??= new Map(
    [...readRateLimits(config.httpApiLimits())].map(([name, limit]) => [name, scheduleOf(limit)]),
  );
  const schedule = schedules.get(plan);
  if (!schedule) throw new Error(`the plan ${plan} has no rate`);
  return schedule;
}

/** Holds the tenant to its plan's rate and burst where no usage plan does. */
export function limitRate(): GateStep {
  return {
    before: async function limitRateBefore({ context: { tenant } }) {
      const wait = await limiter.spend(tenant, scheduleFor(tenant.plan));
      if (wait > 0) throw new TooManyRequests(wait);
    },
  };
}
