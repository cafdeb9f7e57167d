import type { Renew } from "./lease.ts";

/** Things with a secret: one whose secret was never seen is of no use and is replaced. */
interface Replaceable {
  find(name: string, renew: Renew): Promise<string[]>;
  delete(id: string): Promise<void>;
}

/** Deletes everything of that name: what a crashed run made, whose ids it may never have recorded. */
export async function deleteAll(things: Replaceable, name: string, renew: Renew): Promise<void> {
  for (const id of await things.find(name, renew)) {
    await renew();
    await things.delete(id);
  }
  await renew();
}

/** What a run has made, to be taken back in reverse order when another run has taken over. */
export class Undo {
  readonly #steps: (() => Promise<void>)[] = [];

  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Tries every step; what fails is left to the run that took over, or to the next one. */
  async all(): Promise<void> {
    for (const step of this.#steps.reverse()) await step().catch(() => undefined);
  }
}
