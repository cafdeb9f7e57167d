/**
 * How calls are counted: by the first digit of their status, but the three refusals of the gateway apart,
 * which are never billed.
 */
export const STATUS_CLASSES = ["2xx", "3xx", "4xx", "5xx", "401", "403", "429"] as const;

export type StatusClass = (typeof STATUS_CLASSES)[number];

/** Calls by status class; a class without calls may be left out. */
export type CallCounts = Readonly<Partial<Record<StatusClass, number>>>;

const REFUSED: readonly StatusClass[] = ["401", "403", "429"];
const BILLABLE: readonly StatusClass[] = ["2xx", "3xx", "4xx"];
const FAILED: readonly StatusClass[] = ["5xx"];

/** Undefined for what is no status of an answer. */
export function statusClassOf(status: number): StatusClass | undefined {
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  const exact = REFUSED.find((refused) => refused === String(status));
  return exact ?? STATUS_CLASSES[Math.floor(status / 100) - 2];
}

/** Whether the class is one of those that the gateway refuses with; functions do, too. */
export function isRefusal(statusClass: StatusClass): boolean {
  return REFUSED.includes(statusClass);
}

/**
 * What is invoiced: every answer to a call that was let in, also one that says what is wrong with the call
 * (400, 404, 409, 412…), since it used the service and the plan's quota. Our own failures (5xx) never are.
 */
export const billableOf = (counts: CallCounts): number => sumOf(counts, BILLABLE);

/** Calls without a good token, without a right, or beyond a limit: 401, 403, 429. */
export const refusedOf = (counts: CallCounts): number => sumOf(counts, REFUSED);

/** Calls that we could not answer: 5xx. */
export const failedOf = (counts: CallCounts): number => sumOf(counts, FAILED);

function sumOf(counts: CallCounts, classes: readonly StatusClass[]): number {
  return classes.reduce((sum, statusClass) => sum + (counts[statusClass] ?? 0), 0);
}
