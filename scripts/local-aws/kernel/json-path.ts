const STEP = /\.(?<name>[\w-]+)|\['(?<quoted>[^'\\]+)'\]|\[(?<index>\d+)\]/y;

/** Reads a value's part; undefined where there is none. */
export type JsonPath = (value: unknown) => unknown;

/**
 * A JSONPath that names one place: `$`, `$.detail.flightId`, `$['a b']`, `$.items[0]`.
 * Throws for anything else that JSONPath knows (wildcards, slices, filters).
 */
export function compileJsonPath(text: string): JsonPath {
  if (!text.startsWith("$")) throw new Error(`the JSONPath ${text} does not begin with $`);
  const steps: (string | number)[] = [];
  for (STEP.lastIndex = 1; STEP.lastIndex < text.length; ) {
    const at = STEP.lastIndex;
    const groups = STEP.exec(text)?.groups;
    if (!groups) throw new Error(`the JSONPath ${text} has something unknown at ${at}`);
    steps.push(groups.index === undefined ? (groups.name ?? groups.quoted ?? "") : Number(groups.index));
  }
  return (value) => steps.reduce<unknown>(partOf, value);
}

function partOf(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === "number" ? value[step] : undefined;
  if (typeof value !== "object" || value === null || typeof step === "number") return undefined;
  return Object.getOwnPropertyDescriptor(value, step)?.value;
}
