import { EventRefusal } from "./event-refusal.ts";

export type Members<Name extends string> = Readonly<Record<Name, unknown>>;

/** A copy of an object that has these members and no others. Throws EventRefusal (malformed). */
export function exactMembers<Name extends string>(
  what: string,
  value: unknown,
  names: readonly Name[],
): Members<Name> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new EventRefusal("malformed", `${what} is no object`);
  const found = Object.keys(value);
  const missing = names.find((name) => !found.includes(name));
  if (missing !== undefined) throw new EventRefusal("malformed", `${what} has no ${missing}`);
  // A name that is not ours is not repeated: it could be anything.
  if (found.length !== names.length) throw new EventRefusal("malformed", `${what} has members of no meaning`);
  return Object.fromEntries(Object.entries(value)) as Members<Name>;
}

/** A member that is a text of the form. Throws EventRefusal (malformed). */
export function matching<Name extends string>(members: Members<Name>, name: Name, form: RegExp): string {
  const value = members[name];
  if (typeof value === "string" && form.test(value)) return value;
  throw new EventRefusal("malformed", `${name} is not of its form`);
}
