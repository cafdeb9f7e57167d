import type { Input } from "./input.ts";

/** One operation of the user pools API: its request's members in, its answer's members out. */
type Operation = (input: Input) => unknown;

/** Operations by the name in `X-Amz-Target`. */
export type Operations = Readonly<Record<string, Operation>>;
