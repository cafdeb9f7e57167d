import { invalidParameter } from "./errors.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; undefined on the last page. */
  readonly nextToken: string | undefined;
}

/**
 * One page of a listing in the order of the items' ids, so that what is created or deleted between
 * two pages neither repeats nor skips another item.
 */
export function page<T>(
  all: Iterable<T>,
  idOf: (item: T) => string,
  request: { limit: number; token: string | undefined },
): Page<T> {
  const after = request.token === undefined ? "" : readToken(request.token);
  const rest = [...all]
    .filter((item) => idOf(item) > after)
    .sort((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
  const items = rest.slice(0, request.limit);
  const last = items.at(-1);
  return { items, nextToken: last && rest.length > items.length ? writeToken(idOf(last)) : undefined };
}

const PREFIX = "after:";

function writeToken(id: string): string {
  return Buffer.from(PREFIX + id).toString("base64url");
}

function readToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString("utf8");
  if (!text.startsWith(PREFIX)) throw invalidParameter("Invalid pagination token");
  return text.slice(PREFIX.length);
}
