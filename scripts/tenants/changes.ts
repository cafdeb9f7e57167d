import { Refusal } from "../../src/domain/refusal.ts";
import { changeRequest } from "../../src/domain/tenancy/change-request.ts";
import type { ChangeStep } from "../../src/domain/tenancy/change-tenant.ts";
import type { quotaExtension } from "../../src/domain/tenancy/extend-quota.ts";
import { note, print } from "../stage/print.ts";
import type { Session } from "./commands.ts";
import { confirm } from "./confirm.ts";
import { extensionText, tenantDetails } from "./output.ts";
import { Progress } from "./progress.ts";

type ChangeInput = Parameters<typeof changeRequest>[0];

export interface UpdateOptions {
  readonly name?: string;
  readonly plan?: string;
  readonly scopes?: readonly string[];
  readonly rate?: number;
  readonly burst?: number;
  readonly quota?: number;
  readonly quotaPeriod?: string;
  readonly standardLimits?: boolean;
  readonly yes?: boolean;
}

const TITLES: ReadonlyMap<ChangeStep, string> = new Map([
  ["record", "Record what is about to be changed"],
  ["clients", "Take scopes from the app clients"],
  ["limits", "Set the limits"],
  ["settle", "Close the record"],
]);

/** What was typed, checked: it needs no stack to be running. Throws a Refusal `invalid`. */
export function changeOf(options: UpdateOptions): ChangeInput {
  const { name, plan, scopes, rate, burst, quota, quotaPeriod, standardLimits } = options;
  const custom = [rate, burst, quota, quotaPeriod].some((option) => option !== undefined);
  if (custom && standardLimits)
    throw new Refusal("invalid", "Either --standard-limits or numbers of its own, not both.");
  if ((quota === undefined) !== (quotaPeriod === undefined))
    throw new Refusal("invalid", "--quota and --quota-period go together.");
  const wanted: ChangeInput = {
    name,
    plan,
    scopes,
    ...(standardLimits && { limits: null }),
    ...(custom && {
      limits: {
        rateLimit: rate,
        burstLimit: burst,
        ...(quota !== undefined &&
          quotaPeriod !== undefined && { quota: { limit: quota, period: quotaPeriod } }),
      },
    }),
  };
  changeRequest(wanted);
  return wanted;
}

export async function updateTenant(
  { operations, json }: Session,
  name: string,
  wanted: ChangeInput,
  { yes = false }: UpdateOptions,
): Promise<void> {
  const tenant = await operations.find(name);
  const { scopes } = changeRequest(wanted);
  const lost = scopes ? tenant.scopes.filter((scope) => !scopes.includes(scope)) : [];
  if (lost.length > 0)
    await confirm(
      `Take ${lost.join(", ")} from "${tenant.slug}"? Its clients' live tokens become void.`,
      yes,
    );
  const progress = new Progress(TITLES);
  try {
    const outcome = await operations.change(
      tenant,
      wanted,
      {
        progress: (step) => progress.begin(step),
        waiting: () =>
          note("Another run is at work on this tenant; waiting for it to end or to be given up."),
        limited: () => note("AWS takes a change of a usage plan every 20 s; waiting for that."),
      },
      true,
    );
    await progress.complete();
    await print(json ? JSON.stringify(outcome.tenant) : tenantDetails(outcome.tenant));
    note(`The tenant "${tenant.slug}" is changed.`);
    if (outcome.tenant.plan !== tenant.plan)
      note("Its tokens name the new plan from the next ones on; an hour at most.");
  } catch (error) {
    await progress.fail();
    throw error;
  }
}

export async function extendQuota(
  { operations, json }: Session,
  name: string,
  wanted: Parameters<typeof quotaExtension>[0],
): Promise<void> {
  const tenant = await operations.find(name);
  const extended = await operations.extendQuota(tenant, wanted);
  await print(json ? JSON.stringify(extended) : extensionText(extended));
}
