import type { UsagePlanMode } from "../../../src/aws/api-gateway/usage-plans.ts";
import { reconcileWorld } from "../../../src/aws/reconcile-world.ts";
import { TenantOperations } from "../../../src/aws/tenant-operations.ts";
import type { Clock } from "../../../src/domain/tenancy/lease.ts";
import type { Reconciliation } from "../../../src/domain/tenancy/reconcile/reconcile.ts";
import { OPERATOR } from "../../unit/tenancy/fakes.ts";
import type { TenancyStack } from "./tenancy-stack.ts";

const HOUR = 3_600_000;

/** A clock ahead by so many hours, when nothing of today is young and every lease has run out; nobody sleeps really. */
export function later(hours = 1): Clock {
  let ahead = hours * HOUR;
  return {
    now: () => Date.now() + ahead,
    sleep: async (milliseconds) => {
      ahead += milliseconds;
    },
  };
}

/** One reconciliation, an hour from now. */
export function reconciled(
  aws: TenancyStack,
  {
    fix = false,
    mode = "perTenant",
    clock = later(),
  }: { readonly fix?: boolean; readonly mode?: UsagePlanMode; readonly clock?: Clock },
): Promise<Reconciliation> {
  const settings = { ...aws.settings, usagePlanMode: mode };
  const operations = new TenantOperations(settings, OPERATOR, clock);
  return operations.reconcile(reconcileWorld(settings), { data: true, fix }, {});
}
