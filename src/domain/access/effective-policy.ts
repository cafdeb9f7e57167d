import { denyAll, merged, type PolicyDocument, type StageArn } from "./policy-document.ts";
import { lintPolicy } from "./policy-lint.ts";
import type { PolicyRecord } from "./policy-record.ts";

/** What a person may do, and why it is nothing, for the log. */
export interface EffectivePolicy {
  readonly policy: PolicyDocument;
  readonly denied?: string;
}

/** API Gateway takes 8 KB of an authorizer's result; principal and context have the rest. */
const LARGEST_MERGED_POLICY = 7 * 1024;

/**
 * The rights of a person in all their groups together. Nothing at all when a group has no policy, or one
 * that could not be stored today: what it would have denied is not known.
 */
export function effectivePolicy(
  groups: ReadonlySet<string>,
  records: readonly PolicyRecord[],
  stageArn: StageArn,
): EffectivePolicy {
  const nothing = (denied: string): EffectivePolicy => ({ policy: denyAll(stageArn), denied });
  if (groups.size === 0) return nothing("in no group");
  const byGroup = new Map(records.map(({ group, document }) => [group, document]));
  const documents: PolicyDocument[] = [];
  for (const group of groups) {
    const document = byGroup.get(group);
    if (document === undefined) return nothing(`the group ${group} has no policy`);
    if (!isPolicy(document, stageArn)) return nothing(`the policy of ${group} is not one to be enforced`);
    documents.push(document);
  }
  const policy = merged(documents, stageArn);
  return JSON.stringify(policy).length > LARGEST_MERGED_POLICY
    ? nothing("the policies of all groups together are too large")
    : { policy };
}

function isPolicy(document: unknown, stageArn: StageArn): document is PolicyDocument {
  return lintPolicy(document, stageArn).length === 0;
}
