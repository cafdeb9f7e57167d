/** One line of the bench: `value` and `baseline` were measured side by side in this run. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly baseline: number;
  /** value ÷ baseline, or the other way round where the target says so. */
  readonly ratio: number;
  /** `≤ 1.2` or `≥ 2`. */
  readonly target: string;
  readonly meets: boolean;
  /** Unit of value and baseline. */
  readonly unit: string;
}

export function atMost(
  name: string,
  unit: string,
  value: number,
  baseline: number,
  target: number,
): Measurement {
  const ratio = value / baseline;
  return { name, unit, value, baseline, ratio, target: `≤ ${target}`, meets: ratio <= target };
}

export function atLeast(
  name: string,
  unit: string,
  value: number,
  baseline: number,
  target: number,
): Measurement {
  const ratio = value / baseline;
  return { name, unit, value, baseline, ratio, target: `≥ ${target}`, meets: ratio >= target };
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Something to time: for the nth run gives what is to be timed, its input made outside the clock. */
export type Subject = (run: number) => () => unknown;

export function subject<Input>(prepare: (run: number) => Input, act: (input: Input) => unknown): Subject {
  return (run) => {
    const input = prepare(run);
    return () => act(input);
  };
}

const BATCH = 100;

/**
 * Median time of one run of each subject in microseconds. The subjects take turns, so that whatever else
 * the machine does falls on all of them alike; each turn is a batch, so that each is timed warm.
 */
export async function timeSideBySide<Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  { warmUp, runs }: { warmUp: number; runs: number },
): Promise<Map<string, number>> {
  const samples = new Map<string, number[]>(Object.keys(subjects).map((name) => [name, []]));
  for (let begin = 0; begin < warmUp + runs; begin += BATCH) {
    for (const [name, prepared] of Object.entries<Subject>(subjects)) {
      const taken = await timeBatch(prepared, begin);
      if (begin >= warmUp) samples.get(name)?.push(...taken);
    }
  }
  return new Map(Array.from(samples, ([name, taken]) => [name, median(taken)]));
}

async function timeBatch(prepared: Subject, begin: number): Promise<number[]> {
  const taken: number[] = [];
  for (let run = begin; run < begin + BATCH; run += 1) {
    const act = prepared(run);
    const begun = process.hrtime.bigint();
    await act();
    taken.push(Number(process.hrtime.bigint() - begun) / 1000);
  }
  return taken;
}
