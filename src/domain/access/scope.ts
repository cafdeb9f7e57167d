/** Identifier of the resource server; the prefix of every scope in a token. */
const RESOURCE_SERVER = "airline";

/** Scopes as the resource server names them; a test compares this list with resources/identity.yml. */
export const SCOPES = [
  "flights.read",
  "flights.write",
  "loyalty.read",
  "loyalty.write",
  "events.write",
  "tenant.read",
  "tenant.manage",
] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: unknown): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** A scope as it stands in a token: `airline/flights.read`. */
export function qualified(scope: Scope): string {
  return `${RESOURCE_SERVER}/${scope}`;
}

/** A scope as people write it, in either form, as the resource server names it; anything else stays as it is. */
export function unqualified(text: string): string {
  return text.startsWith(`${RESOURCE_SERVER}/`) ? text.slice(RESOURCE_SERVER.length + 1) : text;
}
