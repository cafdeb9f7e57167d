import { invalidParameter } from "./errors.ts";
import type { Input } from "./input.ts";
import { STANDARD_ATTRIBUTES } from "./pool-settings.ts";
import type { Pool } from "./pools.ts";
import type { User } from "./users.ts";

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const PHONE_NUMBER = /^\+[1-9]\d{1,14}$/;

/** Reads `UserAttributes`, a list of `{Name, Value}`. Throws `InvalidParameterException`. */
export function readUserAttributes(input: Input, pool: Pool): Record<string, string> {
  const entries = input.optionalStructures("UserAttributes", 200) ?? [];
  return Object.fromEntries(
    entries.map((entry) => {
      const name = entry.text("Name", { longest: 32 });
      const value = entry.optionalText("Value", { shortest: 0, longest: 2048 }) ?? "";
      checkAttribute(name, value, pool);
      return [name, value];
    }),
  );
}

function checkAttribute(name: string, value: string, pool: Pool): void {
  if (name === "sub") throw invalidParameter("Cannot modify the non-mutable attribute sub");
  if (!STANDARD_ATTRIBUTES.has(name) && !pool.settings.customAttributes.includes(name))
    throw invalidParameter(
      `Attributes did not conform to the schema: ${name}: Attribute does not exist in the schema.\n`,
    );
  if (name === "email" && !EMAIL.test(value)) throw invalidParameter("Invalid email address format.");
  if (name === "phone_number" && !PHONE_NUMBER.test(value))
    throw invalidParameter("Invalid phone number format.");
}

/** Throws `InvalidParameterException` when one that the pool's schema requires is missing. */
export function checkRequiredAttributes(attributes: Readonly<Record<string, string>>, pool: Pool): void {
  const missing = pool.settings.requiredAttributes.find((name) => name !== "sub" && !(name in attributes));
  if (missing !== undefined)
    throw invalidParameter(
      `Attributes did not conform to the schema: ${missing}: The attribute is required\n`,
    );
}

/** As the API lists them: `sub` first. */
export function listAttributes(user: User): { Name: string; Value: string }[] {
  return Object.entries({ sub: user.sub, ...user.attributes }).map(([Name, Value]) => ({ Name, Value }));
}
