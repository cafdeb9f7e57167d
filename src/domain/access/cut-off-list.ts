import type { CutOff } from "../tenancy/cut-off.ts";
import { cutOffOfClient, cutOffOfTenant } from "../tenancy/cut-off.ts";
import type { AccessToken } from "./access-token.ts";

/** From this age on the list is read anew in the background, while requests go by the old one. */
const REFRESH_AFTER_MILLISECONDS = 20_000;
/**
 * What is older does not pass for known, and a request waits for the new list. Only an instance that had
 * nothing to do, and so stood still, comes here.
 */
const FRESH_MILLISECONDS = 30_000;
/** How long requests may go by the last list while no new one can be read. */
const LONGEST_MILLISECONDS = 300_000;
/** Between two attempts while the list cannot be read. */
const RETRY_MILLISECONDS = 5000;

/** Which tokens are void cannot be told, so none is let in. */
export class CutOffsUnknown extends Error {
  constructor(cause: unknown) {
    super("the list of cut-offs could not be read", { cause });
    this.name = "CutOffsUnknown";
  }
}

interface Known {
  readonly notBefore: ReadonlyMap<string, number>;
  /** When the reading began: whatever was written before is in it. */
  readonly at: number;
}

/**
 * Which tokens are void though they have not expired. One function instance keeps one list; a cut-off is
 * obeyed at most 30 s after it was written, and no request of a busy instance waits for the database.
 */
export class CutOffList {
  readonly #read: () => Promise<readonly CutOff[]>;
  readonly #now: () => number;
  #known: Known | undefined;
  #reading: Promise<void> | undefined;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #failure: unknown;

  /** @param now epoch milliseconds. */
  constructor(read: () => Promise<readonly CutOff[]>, now: () => number = () => Date.now()) {
    this.#read = read;
    this.#now = now;
  }

  /** Answers at once but for an instance's first request and one after a standstill. Throws {@link CutOffsUnknown}. */
  isVoid(token: AccessToken): boolean | Promise<boolean> {
    const age = this.#age();
    if (age < REFRESH_AFTER_MILLISECONDS) return this.#judge(token);
    const reading = this.#refresh();
    if (age < FRESH_MILLISECONDS) return this.#judge(token);
    return this.#whenRead(reading, token);
  }

  async #whenRead(reading: Promise<void>, token: AccessToken): Promise<boolean> {
    await reading;
    // That reading may have begun before the instance stood still, and be as old as the list.
    if (this.#age() >= FRESH_MILLISECONDS) await this.#refresh();
    if (this.#age() >= LONGEST_MILLISECONDS) throw new CutOffsUnknown(this.#failure);
    return this.#judge(token);
  }

  #judge({ tenant, issuedAt }: AccessToken): boolean {
    const notBefore = this.#known?.notBefore;
    if (!notBefore) throw new CutOffsUnknown(this.#failure);
    if (notBefore.size === 0) return false;
    const subjects = [cutOffOfTenant(tenant.tenantId), cutOffOfClient(tenant.clientId)];
    return subjects.some((subject) => issuedAt < (notBefore.get(subject) ?? 0));
  }

  #age(): number {
    return this.#known ? this.#now() - this.#known.at : Number.POSITIVE_INFINITY;
  }

  /** Never rejects: what went wrong matters only once the list is too old. */
  #refresh(): Promise<void> {
    if (this.#reading) return this.#reading;
    const at = this.#now();
    if (at - this.#attemptedAt < RETRY_MILLISECONDS) return Promise.resolve();
    this.#attemptedAt = at;
    this.#reading = this.#replace(at).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #replace(at: number): Promise<void> {
    try {
      const cutOffs = await this.#read();
      this.#known = { notBefore: new Map(cutOffs.map((one) => [one.subject, one.notBefore])), at };
      // A success is no attempt to wait after.
      this.#attemptedAt = Number.NEGATIVE_INFINITY;
    } catch (error) {
      this.#failure = error;
    }
  }
}
