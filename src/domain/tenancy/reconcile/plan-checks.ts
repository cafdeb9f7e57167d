import type { CustomLimits } from "../limits.ts";
import { type Check, isSettled } from "./difference.ts";
import { recordedKeys } from "./key-checks.ts";
import type { PlanNumbers, TenantView } from "./tenant-view.ts";

/** While the recorded plan is gone, another may be what serves the tenant: none is touched then. */
function othersAreNobodys({ tenant, plans }: TenantView): boolean {
  return !isSettled(tenant) || plans.some(({ usagePlanId }) => usagePlanId === tenant.usagePlanId);
}

/** Made under the tenant's lease, so that one which is not recorded is nobody's. */
export const unrecordedPlans: Check = (view) =>
  view.plans
    .filter(({ usagePlanId, owner }) => owner === view.tenantId && usagePlanId !== view.tenant?.usagePlanId)
    .filter(() => othersAreNobodys(view))
    .map(({ usagePlanId }) => ({
      kind: "usage-plan-unrecorded",
      thing: usagePlanId,
      detail: `The usage plan ${usagePlanId} has the name of ${view.tenantId}'s own, but no record names it.`,
      mend: {
        says: "delete it",
        run: ({ usagePlans, renew, pause }) =>
          untilTaken(pause, async () => {
            await renew();
            return usagePlans.delete(usagePlanId, renew);
          }),
      },
    }));

export const missingPlans: Check = ({ tenant, plans }) =>
  isSettled(tenant) &&
  tenant.usagePlanId &&
  !plans.some(({ usagePlanId }) => usagePlanId === tenant.usagePlanId)
    ? [
        {
          kind: "usage-plan-missing",
          thing: tenant.usagePlanId,
          detail: `The usage plan ${tenant.usagePlanId} is recorded, but API Gateway has none of that id.`,
        },
      ]
    : [];

export const keysOutOfTheirPlan: Check = ({ tenant, plans, apiKeys }) =>
  isSettled(tenant)
    ? plans
        .filter(({ usagePlanId }) => usagePlanId === tenant.usagePlanId)
        .flatMap(({ usagePlanId, apiKeyIds }) =>
          recordedKeys(tenant)
            .filter((id) => apiKeys.some(({ apiKeyId }) => apiKeyId === id) && !apiKeyIds.includes(id))
            .map((apiKeyId) => ({
              kind: "api-key-without-plan",
              thing: apiKeyId,
              detail: `The API key ${apiKeyId} is not in its usage plan ${usagePlanId}: the gateway refuses it.`,
              mend: {
                says: "put it into the plan",
                run: ({ usagePlans }) => usagePlans.addKey(usagePlanId, apiKeyId),
              },
            })),
        )
    : [];

export const keysInOtherPlans: Check = (view) => {
  const { tenant, plans, apiKeys } = view;
  return isSettled(tenant) && othersAreNobodys(view)
    ? plans
        .filter(({ usagePlanId }) => usagePlanId !== tenant.usagePlanId)
        .flatMap(({ usagePlanId, apiKeyIds }) =>
          apiKeyIds
            .filter((id) => apiKeys.some(({ apiKeyId }) => apiKeyId === id))
            .map((apiKeyId) => ({
              kind: "api-key-in-other-plan",
              thing: apiKeyId,
              detail: `The API key ${apiKeyId} is in the usage plan ${usagePlanId}, which is not its tenant's.`,
              mend: {
                says: "take it out of that plan",
                run: ({ tenantPlans }) => tenantPlans.removeKey(usagePlanId, apiKeyId),
              },
            })),
        )
    : [];
};

export const otherNumbers: Check = ({ tenantId, tenant, plans }, { tiers }) =>
  isSettled(tenant)
    ? plans
        .filter(({ usagePlanId, owner }) => owner === tenantId && usagePlanId === tenant.usagePlanId)
        .flatMap(({ usagePlanId, numbers }) => {
          const differing = unlike(numbers, { ...tiers[tenant.plan], ...numbersOf(tenant.limits) });
          if (differing.length === 0) return [];
          return {
            kind: "usage-plan-numbers",
            thing: usagePlanId,
            detail: `The usage plan ${usagePlanId} is not as the tier ${tenant.plan}${tenant.limits ? " and the tenant's own limits have" : " has"} it: ${differing.join("; ")}.`,
            mend: {
              says: "give it these numbers",
              run: ({ tenantPlans, renew, pause }) =>
                untilTaken(pause, async () => {
                  await renew();
                  return (await tenantPlans.shape(tenantId, tenant.plan, tenant.limits, renew)) !== undefined;
                }),
            },
          };
        })
    : [];

/** AWS takes a change of a plan every 20 s, and wants to be asked again. */
async function untilTaken(pause: () => Promise<void>, change: () => Promise<boolean>): Promise<void> {
  while (!(await change())) await pause();
}

/** A tenant's own limits, under the names of {@link PlanNumbers}. */
function numbersOf({ rateLimit, burstLimit, quota }: CustomLimits = {}): PlanNumbers {
  return {
    ...(rateLimit !== undefined && { "the rate": String(rateLimit) }),
    ...(burstLimit !== undefined && { "the burst": String(burstLimit) }),
    ...(quota && { "the quota": `${quota.limit} a ${quota.period}` }),
  };
}

function unlike(found: PlanNumbers, wanted: PlanNumbers): string[] {
  return [...new Set([...Object.keys(found), ...Object.keys(wanted)])]
    .filter((name) => found[name] !== wanted[name])
    .sort()
    .map((name) => `${name} is ${found[name] ?? "not set"} and should be ${wanted[name] ?? "left out"}`);
}
