import { Refusal } from "../../src/domain/refusal.ts";
import type { TransitionObserver } from "../../src/domain/tenancy/claim-transition.ts";
import type { OffboardingStep } from "../../src/domain/tenancy/offboarding.ts";
import type { SuspensionStep } from "../../src/domain/tenancy/suspension.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { explainError } from "../stage/explain-error.ts";
import { note, print } from "../stage/print.ts";
import type { Session } from "./commands.ts";
import { confirm } from "./confirm.ts";
import { leftTable } from "./output.ts";
import { Progress } from "./progress.ts";

export interface ChangeOptions {
  readonly yes?: boolean;
}

const SUSPEND_TITLES: ReadonlyMap<SuspensionStep, string> = new Map([
  ["record", "Record the suspension: no token from now on, and the live ones are void"],
  ["apiKeys", "Disable the API keys"],
  ["settle", "Close the record"],
]);

const RESUME_TITLES: ReadonlyMap<SuspensionStep, string> = new Map([
  ["record", "Record what is about to be done"],
  ["apiKeys", "Enable the API keys"],
  ["settle", "Let the tenant in"],
]);

const OFFBOARD_TITLES: ReadonlyMap<OffboardingStep, string> = new Map([
  ["record", "Record the offboarding: no token from now on, and the live ones are void"],
  ["apiKeys", "Disable and delete the API keys"],
  ["appClients", "Delete the app clients"],
  ["usagePlan", "Delete the usage plan"],
  ["wait", "Wait until nobody can be writing any more (45 s)"],
  ["data", "Delete the data, and count what is left"],
  ["tombstone", "Leave a tombstone"],
]);

export async function suspendTenant(
  session: Session,
  name: string,
  { yes = false }: ChangeOptions,
): Promise<void> {
  const { operations } = session;
  const tenant = await operations.find(name);
  await confirm(`Suspend "${tenant.slug}"? All its machines are shut out at once.`, yes);
  await change(session, SUSPEND_TITLES, (observer) => operations.suspend(tenant, observer));
}

export async function resumeTenant(
  session: Session,
  name: string,
  { yes = false }: ChangeOptions,
): Promise<void> {
  const { operations } = session;
  const tenant = await operations.find(name);
  await confirm(`Resume "${tenant.slug}"?`, yes);
  await change(session, RESUME_TITLES, (observer) => operations.resume(tenant, observer));
}

export async function offboardTenant(
  session: Session,
  name: string,
  { yes = false }: ChangeOptions,
): Promise<void> {
  const { operations, json } = session;
  const tenant = await operations.find(name);
  await confirm(`Offboard "${tenant.slug}"? Its clients, keys and all its data are deleted for good.`, yes);
  const outcome = await follow(OFFBOARD_TITLES, (observer) => operations.offboard(tenant, observer));
  await print(json ? JSON.stringify(outcome) : leftTable(outcome.left));
  note(`The tenant "${tenant.slug}" is ${outcome.tenant.status}.`);
}

export async function deleteClient(
  { operations, json }: Session,
  name: string,
  client: string,
  { yes = false }: ChangeOptions,
): Promise<void> {
  const tenant = await operations.find(name);
  await confirm(`Delete the client "${client}" of "${tenant.slug}"? It gets no token any more.`, yes);
  const deleted = await operations.deleteClient(tenant, client);
  if (json) await print(JSON.stringify(deleted));
  note(
    `The client "${deleted.label}" of "${tenant.slug}" is deleted; its live tokens are refused within 30 s.`,
  );
}

async function change<Step extends string>(
  { json }: Session,
  titles: ReadonlyMap<Step, string>,
  work: (observer: TransitionObserver<Step>) => Promise<TenantRecord>,
): Promise<void> {
  const tenant = await follow(titles, work);
  if (json) await print(JSON.stringify(tenant));
  note(`The tenant "${tenant.slug}" is ${tenant.status}.`);
}

async function follow<Step extends string, Result>(
  titles: ReadonlyMap<Step, string>,
  work: (observer: TransitionObserver<Step>) => Promise<Result>,
): Promise<Result> {
  const progress = new Progress(titles);
  try {
    const result = await work({
      progress: (step) => progress.begin(step),
      waiting: () => note("Another run is at work on this tenant; waiting for it to end or to be given up."),
    });
    await progress.complete();
    return result;
  } catch (error) {
    await progress.fail();
    throw error;
  }
}

export async function settleNow({ operations, json }: Session): Promise<void> {
  const outcome = await operations.settleDue({
    until: Number.POSITIVE_INFINITY,
    failed: ({ tenantId, task }, error) => note(`${task} of ${tenantId}: ${explainError(error, "local")}`),
  });
  if (json) await print(JSON.stringify(outcome));
  const { settled, atWork, failed, left } = outcome;
  const later = `under way elsewhere or put off by AWS: ${atWork}; left to the settler: ${left}`;
  note(`Settled: ${settled}; ${later}; failed: ${failed}.`);
  if (outcome.failed > 0)
    throw new Refusal("conflict", "Not all of it could be done; it is tried again later.");
}
