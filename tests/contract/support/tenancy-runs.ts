import type { UsagePlanMode } from "../../../src/aws/api-gateway/usage-plans.ts";
import { TenantOperations } from "../../../src/aws/tenant-operations.ts";
import { LEASE_MILLISECONDS } from "../../../src/domain/tenancy/lease.ts";
import type { Credentials } from "../../../src/domain/tenancy/onboarding.ts";
import { handler } from "../../../src/functions/triggers/pre-token-generation.ts";
import { OPERATOR } from "../../unit/tenancy/fakes.ts";
import { startTenancyStack, type TenancyStack } from "./tenancy-stack.ts";

/** A clock that runs on, and passes over what somebody would sleep through. */
class ImpatientClock {
  #ahead: number;
  constructor(ahead: number) {
    this.#ahead = ahead;
  }
  now(): number {
    return Date.now() + this.#ahead;
  }
  async sleep(): Promise<void> {
    this.#ahead += LEASE_MILLISECONDS;
  }
}

let slugs = 0;
export function newSlug(): string {
  slugs += 1;
  return `tenant-${slugs}`;
}

/** The stack with the real trigger in it. */
export function startWithTrigger(): Promise<TenancyStack> {
  return startTenancyStack(async (_function, payload) => {
    try {
      return { payload: await handler(payload as Parameters<typeof handler>[0]) };
    } catch (error) {
      return { error: { errorType: "Error", errorMessage: error instanceof Error ? error.message : "" } };
    }
  });
}

/** @param ahead milliseconds by which these operations live in the future. */
export function operationsIn(aws: TenancyStack, mode: UsagePlanMode, ahead = 0): TenantOperations {
  return new TenantOperations({ ...aws.settings, usagePlanMode: mode }, OPERATOR, new ImpatientClock(ahead));
}

/** One run, with what it told the operator, and its error instead of the tenant where it failed. */
export async function onboard(operations: TenantOperations, slug: string, plan = "standard") {
  const shown: Credentials[] = [];
  const tenant = await operations
    .onboard(
      { slug, plan },
      {
        handOver: (_tenant, credentials) => {
          shown.push(credentials);
        },
      },
    )
    .catch((error: unknown) => ({ error }));
  return { tenant, shown };
}

/** A new tenant and its credentials. */
export async function onboarded(aws: TenancyStack, mode: UsagePlanMode, plan = "standard") {
  const { tenant, shown } = await onboard(operationsIn(aws, mode), newSlug(), plan);
  const [credentials] = shown;
  if ("error" in tenant || !credentials) throw new Error("the onboarding failed", { cause: tenant });
  return { tenant, credentials };
}
