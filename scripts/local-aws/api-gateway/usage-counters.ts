import type { Collection, Store } from "../kernel/store.ts";
import type { QuotaPeriod, QuotaSettings } from "./model.ts";
import { type Period, periodOf, quotaLimit } from "./quota-period.ts";

/**
 * Counters go to the Store at most this often, so that a call costs no I/O. A kill loses at most the
 * calls of this long; AWS, too, calls usage plan quotas "best effort", and invoices come from a ledger.
 */
const FLUSH_AFTER_MILLISECONDS = 250;

interface UsageRecord {
  /** Admitted calls by day since 1970-01-01 UTC. */
  readonly days: Record<number, number>;
  extension?: { readonly period: QuotaPeriod; readonly start: number; readonly requests: number };
}

/** What each key used in each usage plan, by day. */
export class UsageCounters {
  readonly #records = new Map<string, UsageRecord>();
  readonly #saved: Collection<UsageRecord>;
  readonly #unsaved = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#saved = store.collection("api-gateway/usage");
    for (const [id, record] of this.#saved.entries()) this.#records.set(id, record);
  }

  count(usagePlanId: string, keyId: string, day: number): void {
    const { days } = this.#record(usagePlanId, keyId);
    days[day] = (days[day] ?? 0) + 1;
    this.#touch(usagePlanId, keyId);
  }

  /** Admitted calls on a day. */
  used(usagePlanId: string, keyId: string, day: number): number {
    return this.#records.get(idOf(usagePlanId, keyId))?.days[day] ?? 0;
  }

  /** Requests left in the quota's period at the end of a day; negative when the quota was lowered below what was used. */
  remaining(usagePlanId: string, keyId: string, quota: QuotaSettings, day: number): number {
    const record = this.#records.get(idOf(usagePlanId, keyId));
    const period = periodOf(quota.period, day);
    const extension = record?.extension;
    const extended =
      extension?.period === quota.period && extension.start === period.start ? extension.requests : 0;
    return quotaLimit(quota, period) + extended - usedWithin(record, { start: period.start, end: day + 1 });
  }

  /** Extends the quota of the period around a day so that this many requests remain. */
  setRemaining(
    usagePlanId: string,
    keyId: string,
    quota: QuotaSettings,
    day: number,
    remaining: number,
  ): void {
    const record = this.#record(usagePlanId, keyId);
    const period = periodOf(quota.period, day);
    record.extension = {
      period: quota.period,
      start: period.start,
      requests:
        remaining - quotaLimit(quota, period) + usedWithin(record, { start: period.start, end: day + 1 }),
    };
    this.#touch(usagePlanId, keyId);
    this.flush();
  }

  /** Drops everything about a key or a plan. */
  forget(keyOrPlanId: string): void {
    for (const id of [...this.#records.keys()].filter((pair) => pair.split("/").includes(keyOrPlanId))) {
      this.#unsaved.delete(id);
      this.#records.delete(id);
      this.#saved.delete(id);
    }
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const id of this.#unsaved) {
      const record = this.#records.get(id);
      if (record) this.#saved.put(id, record);
      this.#unsaved.delete(id);
    }
  }

  #record(usagePlanId: string, keyId: string): UsageRecord {
    const id = idOf(usagePlanId, keyId);
    const known = this.#records.get(id);
    if (known) return known;
    const record: UsageRecord = { days: {} };
    this.#records.set(id, record);
    return record;
  }

  #touch(usagePlanId: string, keyId: string): void {
    this.#unsaved.add(idOf(usagePlanId, keyId));
    this.#timer ??= setTimeout(() => this.#flushLater(), FLUSH_AFTER_MILLISECONDS).unref();
  }

  /** A state that cannot be written now must not end the stack: the counters go with the next flush. */
  #flushLater(): void {
    try {
      this.flush();
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }
}

function usedWithin(record: UsageRecord | undefined, period: Period): number {
  let sum = 0;
  for (let day = period.start; record && day < period.end; day++) sum += record.days[day] ?? 0;
  return sum;
}

function idOf(usagePlanId: string, keyId: string): string {
  return `${usagePlanId}/${keyId}`;
}
