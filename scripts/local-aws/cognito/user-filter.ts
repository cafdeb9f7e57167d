import { invalidParameter } from "./errors.ts";
import type { User } from "./users.ts";

const FILTER = /^\s*(?<name>[\w:]+)\s*(?<operator>=|\^=)\s*"(?<value>(?:[^"\\]|\\.)*)"\s*$/;
const SEARCHABLE = [
  "username",
  "email",
  "phone_number",
  "name",
  "given_name",
  "family_name",
  "preferred_username",
  "cognito:user_status",
  "status",
  "sub",
];

/**
 * The `Filter` of ListUsers: one attribute, `=` or `^=` (begins with), a quoted value.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
 */
export function userFilter(text: string | undefined): (user: User) => boolean {
  if (text === undefined || text.trim() === "") return () => true;
  const { name = "", operator, value: quoted = "" } = FILTER.exec(text)?.groups ?? {};
  if (!SEARCHABLE.includes(name)) throw invalidParameter("One or more requested attributes do not exist.");
  const value = quoted.replace(/\\(.)/g, "$1");
  return (user) => {
    const found = searchedValue(user, name);
    return operator === "=" ? found === value : (found?.startsWith(value) ?? false);
  };
}

function searchedValue(user: User, name: string): string | undefined {
  if (name === "username") return user.username;
  if (name === "sub") return user.sub;
  if (name === "cognito:user_status") return user.status;
  if (name === "status") return user.enabled ? "Enabled" : "Disabled";
  return user.attributes[name];
}
