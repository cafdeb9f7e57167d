import { finishChange } from "../change-tenant.ts";
import { offboard } from "../offboarding.ts";
import { resume, suspend } from "../suspension.ts";
import type { TransitionName } from "../tenant.ts";
import { stateOf } from "../transition.ts";
import type { Difference, Hands } from "./difference.ts";
import type { TenantView } from "./tenant-view.ts";

/** How each change of status is finished: by doing it again. */
const FINISH: Readonly<
  Record<TransitionName, (hands: Hands, tenant: NonNullable<TenantView["tenant"]>) => Promise<unknown>>
> = {
  suspend: (hands, tenant) => suspend(hands, hands.clock, tenant, {}),
  resume: (hands, tenant) => resume(hands, hands.clock, tenant, {}),
  offboard: (hands, tenant) => offboard(hands, hands.clock, tenant, {}),
};

/** A change that was begun and whose run has gone. */
export function unfinished({ tenant }: TenantView): Difference | undefined {
  if (!tenant) return undefined;
  const { tenantId, slug, status, transition, change } = tenant;
  const left = (
    kind: "transition-unfinished" | "change-unfinished",
    finish: (hands: Hands) => Promise<unknown>,
  ): Difference => ({
    kind,
    thing: tenantId,
    detail: `"${slug}" is ${stateOf(tenant)}, and nobody is at work on it.`,
    mend: {
      says: "finish it",
      takesLease: true,
      run: async (hands) => {
        await finish(hands);
      },
    },
  });
  if (transition) return left("transition-unfinished", (hands) => FINISH[transition](hands, tenant));
  if (change) return left("change-unfinished", (hands) => finishChange(hands, hands.clock, tenant, {}, true));
  if (status !== "provisioning") return undefined;
  return {
    kind: "onboarding-unfinished",
    thing: tenantId,
    detail: `The onboarding of "${slug}" was begun and left: finish it with create, or offboard it.`,
  };
}
