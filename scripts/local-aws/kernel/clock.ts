/** Time as the local AWS sees it: epoch milliseconds. Injected, so that tests can turn days in no time. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
