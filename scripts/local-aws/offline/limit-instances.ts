/**
 * At most so many instances of each function at once; further calls wait for one. AWS would start more, but
 * a machine that starts a thread for every call under load only makes all of them too slow for their timeout.
 */
export class InstanceLimit {
  readonly #instances: number;
  readonly #queues = new Map<string, Turns>();

  constructor(instances: number) {
    this.#instances = instances;
  }

  /** Does the work of one instance of the function when there is a turn for it. */
  async run<T>(functionName: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#queues.get(functionName) ?? new Turns(this.#instances);
    this.#queues.set(functionName, turns);
    if (turns.free > 0) turns.free -= 1;
    else await new Promise<void>((resolve) => turns.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = turns.waiting.shift();
      if (next) next();
      else turns.free += 1;
    }
  }
}

class Turns {
  free: number;
  readonly waiting: (() => void)[] = [];

  constructor(instances: number) {
    this.free = instances;
  }
}
