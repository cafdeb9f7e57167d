import type { PolicyRecord } from "../../domain/access/policy-record.ts";
import type { Item, ItemKey } from "./control-items.ts";

/**
 * Policies of groups in the ControlTable: pk `policy#<group>`, sk `policy`. The document is kept as the text
 * of its JSON, so that its members stay in order.
 */
export const POLICY_KIND = "policy";

const PREFIX = "policy#";

export const policyKey = (group: string): ItemKey => ({ pk: `${PREFIX}${group}`, sk: "policy" });

/** Where a group's policy lies, for `inTheirPlace`. */
export const policyPlace = ({ group }: Item): ItemKey | undefined =>
  typeof group === "string" ? policyKey(group) : undefined;

export function policyItem(record: PolicyRecord): Item {
  const { group, document } = record;
  const found = { kind: POLICY_KIND, kindSort: group, ...record, document: JSON.stringify(document) };
  return { ...policyKey(group), ...found };
}

/** Throws when the item is not one that this system wrote. */
export function readPolicy(item: Item): PolicyRecord {
  const { pk, document, version, updatedAt, updatedBy } = item;
  if (
    typeof pk !== "string" ||
    !pk.startsWith(PREFIX) ||
    typeof document !== "string" ||
    typeof version !== "number" ||
    typeof updatedAt !== "string" ||
    typeof updatedBy !== "string"
  )
    throw new Error(`the control table's policy ${String(pk)} is damaged`);
  return { group: pk.slice(PREFIX.length), document: JSON.parse(document), version, updatedAt, updatedBy };
}
