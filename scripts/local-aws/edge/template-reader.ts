/** Typed reading of a template's resolved properties; a value of another type throws. */

export function textOf(value: unknown, name: string): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new Error(`${name} should be text in the template, found ${JSON.stringify(value)}`);
}

export function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined ? undefined : textOf(value, name);
}

export function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${name} should be an object in the template, found ${JSON.stringify(value)}`);
  return Object.fromEntries(Object.entries(value));
}

export function textsOf(value: unknown, name: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value))
    throw new Error(`${name} should be a list in the template, found ${JSON.stringify(value)}`);
  return value.map((item) => textOf(item, name));
}

/** CloudFormation takes booleans also as the strings "true" and "false". */
export function flagOf(value: unknown): boolean {
  return value === true || value === "true";
}
