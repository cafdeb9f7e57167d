import { DEFAULT_PAGE_SIZE, type Page } from "../domain/page.ts";
import { encodeCursor } from "./cursor.ts";

/** A page as it is answered: `{"items":[…],"cursor":"…"|null}`. */
export function pageBody<T>({ items, next }: Page<T>) {
  return { items, cursor: encodeCursor(next) };
}

/** @param limit as the schema has let it through: digits, or nothing. */
export function pageSize(limit: string | undefined): number {
  return limit === undefined ? DEFAULT_PAGE_SIZE : Number(limit);
}
