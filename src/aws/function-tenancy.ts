import { config } from "../config.ts";
import { tierPlansOf } from "./api-gateway/tier-plans.ts";
import type { TenancySettings } from "./tenant-operations.ts";

/** Where a stage's tenants are, as a function knows it by its environment. */
export function functionTenancy(): TenancySettings {
  return {
    stage: config.stage(),
    userPoolId: config.userPoolId(),
    controlTable: config.controlTable(),
    dataTable: config.dataTable(),
    outboxTable: config.outboxTable(),
    usagePlanMode: config.usagePlanMode(),
    tierPlanIds: tierPlansOf(config.stage()),
  };
}
