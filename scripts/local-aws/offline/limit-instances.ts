import type { InvocationResult, InvokeFunction } from "../kernel/invoke.ts";

/**
 * At most so many instances of each function at once; further calls wait for one. AWS would start more, but
 * a machine that starts a thread for every call under load only makes all of them too slow for their timeout.
 */
export function limitInstances(invoke: InvokeFunction, instances: number): InvokeFunction {
  const queues = new Map<string, Turns>();
  return async (functionArn, payload): Promise<InvocationResult> => {
    const turns = queues.get(functionArn) ?? new Turns(instances);
    queues.set(functionArn, turns);
    if (turns.free > 0) turns.free -= 1;
    else await new Promise<void>((resolve) => turns.waiting.push(resolve));
    try {
      return await invoke(functionArn, payload);
    } finally {
      const next = turns.waiting.shift();
      if (next) next();
      else turns.free += 1;
    }
  };
}

class Turns {
  free: number;
  readonly waiting: (() => void)[] = [];

  constructor(instances: number) {
    this.free = instances;
  }
}
