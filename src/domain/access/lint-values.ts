export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One text or a list of them, as IAM takes either; undefined for anything else, and for none or too many. */
export function listOfTexts(value: unknown, most: number): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > most) return undefined;
  return list.every((item) => typeof item === "string") ? list : undefined;
}

/** A JSON pointer (RFC 6901) in URI fragment form; a caller's own name is cut short. */
export function pointerTo(place: readonly (string | number)[]): string {
  return ["#", ...place.map((name) => escaped(String(name).slice(0, 100)))].join("/");
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
