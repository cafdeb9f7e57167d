import type { Auditor } from "../audit.ts";
import { Refusal } from "../refusal.ts";
import type { CutOff } from "./cut-off.ts";
import { type Clock, giveUp, LeaseLost, leaseOf, newRun, type Renew, whenFree } from "./lease.ts";
import type { TenancyPorts } from "./ports.ts";
import { Undo } from "./replaceable.ts";
import type { Reservation, RotationPhase, RotationSubject } from "./rotation-ports.ts";
import type { Retiring } from "./tenant.ts";

/** What of a credential is being changed, as the audit log calls it. */
type CredentialChange = "add" | "retire" | "revoke";

/** The credentials of one kind that a tenant or a client has, as its record says now. */
export interface Credentials<Made> {
  readonly subject: RotationSubject;
  /** For refusals, e.g. `the API key of "acme"`. */
  readonly name: string;
  readonly retiring: Retiring | undefined;
  /** Ids of those that somebody has seen, out of those that AWS has. */
  known(ids: readonly string[]): readonly string[];
  /** Ids of all that AWS has, seen or not. */
  list(renew: Renew): Promise<string[]>;
  delete(id: string): Promise<void>;
  make(renew: Renew, undo: Undo): Promise<Made>;
  auditor(change: CredentialChange): Auditor;
  /** What voids the tokens that a revoked credential got. */
  cutOff(): CutOff | undefined;
}

/** Reads the record anew; undefined when there is nothing any more that could have credentials. */
type Open<Made> = () => Promise<Credentials<Made> | undefined>;

export interface Rotation<Made> {
  readonly made: Made;
  /** The credential that works until the deadline beside the new one. */
  readonly retiring: Retiring;
}

export interface RotationObserver<Made> {
  /** Called once when another run is at work on the same credentials, which this one waits for. */
  waiting?(): void;
  /** Called once, just before the new credential is recorded; see `OnboardingObserver.handOver`. */
  handOver(rotation: Rotation<Made>): void | Promise<void>;
}

type Subject = Pick<RotationSubject, "task"> & { readonly tenantId: RotationSubject["tenant"]["tenantId"] };

/**
 * Makes a second credential beside the one there is; both work until `retiresAt`, epoch milliseconds. What stays
 * is recorded before anything is made, so that what a crashed run made unseen is deleted by the next one, or by
 * the settler. The new one is handed over before it is recorded: none is left that nobody saw.
 *
 * Throws a {@link Refusal} `conflict` while two of them work already.
 */
export async function rotate<Made extends { readonly id: string }>(
  ports: TenancyPorts,
  clock: Clock,
  subject: Subject,
  open: Open<Made>,
  retiresAt: number,
  observer: RotationObserver<Made>,
): Promise<Rotation<Made>> {
  const claim = await claimSettled(ports, clock, subject, open, observer);
  const { run, renew, credentials, reservation } = claim;
  const { tenantId, task } = subject;
  const undo = new Undo();
  let begun = reservation.phase === "overlapping" || reservation.keeps !== undefined;
  try {
    if (reservation.phase === "overlapping") throw underWay(credentials);
    const ids = await credentials.list(renew);
    const seen = credentials.known(reservation.keeps ? both(ids, reservation.keeps) : ids);
    const [old, ...others] = seen;
    if (old === undefined || others.length > 0) throw notOne(credentials, seen);
    const auditor = credentials.auditor("add");
    const retiring = { id: old, retiresAt: new Date(retiresAt).toISOString() };
    const audit = auditor.begun({ id: old }, { retires: retiring.retiresAt });
    begun = true;
    await ports.rotations.keep(tenantId, task, leaseOf(run, clock), seen, audit);
    await sweep(credentials, seen, renew);

    const made = await credentials.make(renew, undo);
    await observer.handOver({ made, retiring });
    const next = { phase: "overlapping", current: made.id, retiring, keeps: [old, made.id] } as const;
    const done = auditor.done({ id: made.id, retiring: old, retires: retiring.retiresAt });
    await ports.rotations.record(credentials.subject, run, { ...next, dueAt: retiresAt }, { audit: done });
    return { made, retiring };
  } catch (error) {
    if (error instanceof LeaseLost) await undo.all();
    else await abandon(ports, subject, run, begun, error);
    throw error;
  }
}

/**
 * Deletes one of two credentials at once. The other one stays, for good if it was to retire.
 *
 * Throws a {@link Refusal}: `not-found` when there is no such credential, `conflict` when it is the only one.
 */
export async function revoke<Made>(
  ports: TenancyPorts,
  clock: Clock,
  subject: Subject,
  open: Open<Made>,
  id: string,
  observer: Pick<RotationObserver<Made>, "waiting">,
): Promise<void> {
  const claim = await claimSettled(ports, clock, subject, open, observer);
  const { run, renew, credentials, reservation } = claim;
  let begun = reservation.phase === "overlapping" || reservation.keeps !== undefined;
  try {
    const ids = await credentials.list(renew);
    const seen = credentials.known(reservation.keeps ? both(ids, reservation.keeps) : ids);
    if (!seen.includes(id)) throw new Refusal("not-found", `There is no ${id} among ${credentials.name}.`);
    const [current, ...others] = seen.filter((one) => one !== id);
    if (current === undefined) throw onlyOne(credentials, id);
    const keeps = [current, ...others];
    begun = true;
    const audit = credentials.auditor("revoke").begun({ id }, { keeps });
    const next = { phase: "revoking", current, retiring: undefined, keeps, dueAt: clock.now() } as const;
    await ports.rotations.record(credentials.subject, run, next, { audit, cutOff: credentials.cutOff() });
    await finish(ports, subject, { ...claim, reservation: next });
  } catch (error) {
    await abandon(ports, subject, run, begun, error);
    throw error;
  }
}

/** What the settler does: retires what has come to its deadline, and deletes what a crashed run left unseen. */
export async function settleRotation<Made>(
  ports: TenancyPorts,
  clock: Clock,
  subject: Subject,
  open: Open<Made>,
  atWork: () => Error,
): Promise<void> {
  const { tenantId, task } = subject;
  const run = newRun();
  const reservation = await ports.rotations.claim(tenantId, task, leaseOf(run, clock), clock.now(), false);
  if (reservation === "held") throw atWork();
  if (reservation === "none") return;
  const renew = () => ports.rotations.renew(tenantId, task, leaseOf(run, clock));
  try {
    const credentials = await open();
    if (!credentials) return await ports.rotations.end(tenantId, task, run, {});
    const claim = { run, renew, credentials, reservation };
    if (reservation.phase !== "overlapping") return await finish(ports, subject, claim);
    const { retiring } = credentials;
    if (retiring && Date.parse(retiring.retiresAt) > clock.now())
      return await ports.rotations.release(tenantId, task, run);
    await finish(ports, subject, { ...claim, reservation: await retire(ports, clock, claim) });
  } catch (error) {
    if (!(error instanceof LeaseLost))
      await giveUp(ports, error, () => ports.rotations.release(tenantId, task, run));
    throw error;
  }
}

interface Claim<Made> {
  readonly run: string;
  readonly renew: Renew;
  readonly credentials: Credentials<Made>;
  readonly reservation: Reservation;
}

/** Takes the lease. What was left half-deleted is finished first. Throws a Refusal `conflict` when nothing is there. */
async function claimSettled<Made>(
  ports: TenancyPorts,
  clock: Clock,
  subject: Subject,
  open: Open<Made>,
  observer: Pick<RotationObserver<Made>, "waiting">,
): Promise<Claim<Made>> {
  const { tenantId, task } = subject;
  for (;;) {
    const run = newRun();
    const attempt = async () => {
      const claimed = await ports.rotations.claim(tenantId, task, leaseOf(run, clock), clock.now(), true);
      return claimed === "held" || claimed === "none" ? undefined : claimed;
    };
    const reservation = await whenFree(clock, attempt, () => observer.waiting?.());
    const renew = () => ports.rotations.renew(tenantId, task, leaseOf(run, clock));
    const credentials = await open();
    if (!credentials) {
      await ports.rotations.end(tenantId, task, run, {});
      throw new Refusal("conflict", "The tenant or its client has just been deleted.");
    }
    const claim = { run, renew, credentials, reservation };
    if (reservation.phase === "making" || reservation.phase === "overlapping") return claim;
    await finish(ports, subject, claim);
  }
}

/** Records that the old credential is no more, so that nothing enables it again, before it is deleted. */
async function retire<Made>(
  ports: TenancyPorts,
  clock: Clock,
  { run, renew, credentials, reservation }: Claim<Made>,
): Promise<Reservation> {
  const { retiring } = credentials;
  const ids = reservation.keeps ?? (await credentials.list(renew));
  const keeps = ids.filter((id) => id !== retiring?.id);
  const current = keeps.at(-1);
  if (!retiring || current === undefined) return { phase: "making", keeps: ids };
  const audit = credentials.auditor("retire").begun({ id: retiring.id }, { keeps });
  const next = { phase: "retiring", current, retiring: undefined, keeps, dueAt: clock.now() } as const;
  await ports.rotations.record(credentials.subject, run, next, { audit });
  return next;
}

const CHANGE_OF_PHASE: Readonly<Record<RotationPhase, CredentialChange>> = {
  making: "revoke",
  overlapping: "retire",
  retiring: "retire",
  revoking: "revoke",
};

/** Deletes what is not to stay, and closes the rotation. */
async function finish<Made>(
  { rotations }: TenancyPorts,
  { tenantId, task }: Subject,
  { run, renew, credentials, reservation: { phase, keeps } }: Claim<Made>,
): Promise<void> {
  const deleted = keeps ? await sweep(credentials, keeps, renew) : [];
  const auditor = credentials.auditor(CHANGE_OF_PHASE[phase]);
  const audit = phase === "making" && deleted.length === 0 ? undefined : auditor.done({ deleted });
  const cutOff = phase === "revoking" ? credentials.cutOff() : undefined;
  await rotations.end(tenantId, task, run, { audit, cutOff });
}

async function sweep<Made>(
  credentials: Credentials<Made>,
  keeps: readonly string[],
  renew: Renew,
): Promise<string[]> {
  const surplus = (await credentials.list(renew)).filter((id) => !keeps.includes(id));
  for (const id of surplus) {
    await renew();
    await credentials.delete(id);
  }
  await renew();
  return surplus;
}

/** After a failure: where nothing was begun, nothing stays on the list. */
async function abandon(
  ports: TenancyPorts,
  { tenantId, task }: Subject,
  run: string,
  begun: boolean,
  error: unknown,
): Promise<void> {
  if (error instanceof LeaseLost) return;
  const { rotations } = ports;
  const leave = () =>
    begun ? rotations.release(tenantId, task, run) : rotations.end(tenantId, task, run, {});
  await giveUp(ports, error, leave);
}

const both = (ids: readonly string[], others: readonly string[]) => ids.filter((id) => others.includes(id));

function underWay<Made>({ name, retiring }: Credentials<Made>): Refusal {
  const until = retiring ? `: ${retiring.id} works until ${retiring.retiresAt}` : "";
  return new Refusal(
    "conflict",
    `A rotation of ${name} is under way${until}. Revoke one of the two to end it.`,
  );
}

function notOne<Made>({ name }: Credentials<Made>, ids: readonly string[]): Refusal {
  const there = ids.length === 0 ? "there is none" : `there are ${ids.length} (${ids.join(", ")})`;
  return new Refusal("conflict", `A rotation of ${name} begins with one, and ${there}.`);
}

function onlyOne<Made>({ name }: Credentials<Made>, id: string): Refusal {
  const detail = `${id} is the only one among ${name}. Rotate it with a deadline of 0s to replace it at once.`;
  return new Refusal("conflict", detail);
}
