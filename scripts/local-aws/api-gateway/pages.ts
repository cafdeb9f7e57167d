import { badRequest } from "./errors.ts";

const DEFAULT_LIMIT = 25;
const LARGEST_LIMIT = 500;

export interface Page<T> {
  readonly item: readonly T[];
  /** Where the next page begins; absent on the last. */
  readonly position?: string;
}

/**
 * One page of items in the order of their ids: 25 unless `limit` says otherwise, at most 500. Positions
 * name the last item given, so that what is made or deleted meanwhile neither repeats nor hides another.
 */
export function page<T extends { readonly id: string }>(
  items: readonly T[],
  query: URLSearchParams,
): Page<T> {
  const limit = parseLimit(query.get("limit"));
  const after = parsePosition(query.get("position"));
  const sorted = items
    .filter(({ id }) => after === undefined || id > after)
    .sort((left, right) => (left.id < right.id ? -1 : 1));
  const item = sorted.slice(0, limit);
  const last = item.at(-1);
  return sorted.length > limit && last
    ? { item, position: Buffer.from(last.id).toString("base64url") }
    : { item };
}

function parseLimit(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw badRequest("Invalid limit specified");
  return Math.min(limit, LARGEST_LIMIT);
}

function parsePosition(text: string | null): string | undefined {
  if (text === null) return undefined;
  const id = Buffer.from(text, "base64url").toString();
  if (!/^[\w-]+$/.test(id)) throw badRequest("Invalid position parameter specified");
  return id;
}
