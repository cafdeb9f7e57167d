import { log } from "../../log.ts";
import type { Item, ItemKey } from "./control-items.ts";

/**
 * What the index `byKind` lists and lies where an item of the kind must lie. IAM limits who writes by partition keys and
 * not by attributes, and an index takes whatever has its attributes: a role that may write one partition can put an item
 * there of any kind. So a list believes none but those in their own place, and says which others there are.
 *
 * @param placeOf where an item that says so of itself must lie; undefined for one that is nothing of the kind
 */
export function inTheirPlace(
  items: readonly Item[] | undefined,
  placeOf: (item: Item) => ItemKey | undefined,
): Item[] {
  return (items ?? []).filter((item) => {
    const { pk, sk, kind } = item;
    const place = placeOf(item);
    if (place !== undefined && place.pk === pk && place.sk === sk) return true;
    log.error("an item is not of the kind that it says", { pk, sk, kind });
    return false;
  });
}
