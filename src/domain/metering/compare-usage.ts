/** A key whose calls ledger and usage plan count differently. */
export interface KeyDifference {
  readonly apiKeyId: string;
  readonly ledger: number;
  readonly plan: number;
  /** Of the larger of the two, in percent. */
  readonly percent: number;
}

/** AWS calls a usage plan's figures best effort. */
const TOLERATED_PERCENT = 1;
/** A handful of calls is no sign of anything, whatever part of the whole it is. */
const TOLERATED_CALLS = 10;

/** The keys that differ by more than 1 % and by more than 10 calls, the largest difference first. */
export function differencesOf(
  ledger: ReadonlyMap<string, number>,
  plan: ReadonlyMap<string, number>,
): KeyDifference[] {
  const keys = [...new Set([...ledger.keys(), ...plan.keys()])];
  return keys
    .map((apiKeyId) => {
      const [booked, counted] = [ledger.get(apiKeyId) ?? 0, plan.get(apiKeyId) ?? 0];
      const percent = (100 * Math.abs(booked - counted)) / Math.max(booked, counted, 1);
      return { apiKeyId, ledger: booked, plan: counted, percent };
    })
    .filter((key) => key.percent > TOLERATED_PERCENT && Math.abs(key.ledger - key.plan) > TOLERATED_CALLS)
    .sort((a, b) => b.percent - a.percent || (a.apiKeyId < b.apiKeyId ? -1 : 1));
}
