import type { VerifiedTenant } from "../../domain/access/verified-tenant.ts";
import type { DayOfPlan, UsageDays } from "../../domain/tenancy/usage.ts";
import { meteringOf } from "../dynamodb/tenant-profile.ts";
import { Recent } from "../recent.ts";
import { type Metering, usageByDay } from "./usage.ts";

/** GetUsage shares ten calls a second with all of the account's control plane. */
const FIGURES_KEPT_MILLISECONDS = 10_000;
/** Which plan and key are a tenant's changes seldom, and costs a call to DynamoDB. */
const METERING_KEPT_MILLISECONDS = 60_000;
const MOST_KEPT = 256;

const meterings = new Recent<Metering>(METERING_KEPT_MILLISECONDS, MOST_KEPT);
const figures = new Recent<DayOfPlan[]>(FIGURES_KEPT_MILLISECONDS, MOST_KEPT);

/** The usage plan's own figures of a tenant, at most 10 s old. */
export function planFiguresOf(tenant: VerifiedTenant, days: UsageDays): Promise<DayOfPlan[]> {
  const { tenantId } = tenant;
  return figures.of(`${tenantId} ${days.from} ${days.to}`, async () =>
    usageByDay(await meterings.of(tenantId, () => meteringOf(tenant)), days),
  );
}
