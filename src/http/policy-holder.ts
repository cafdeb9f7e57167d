import { policiesOf } from "../aws/dynamodb/group-policies.ts";
import { config } from "../config.ts";
import { isGroup } from "../domain/access/people.ts";
import type { Person } from "../domain/access/person.ts";
import { isGroupName } from "../domain/access/policy-record.ts";

/**
 * Whether somebody is in a group of the provider's own making that has a policy. What such a group may do is
 * known to its policy alone, and the gateway has judged the call by it.
 */
export async function isPolicyHolder({ groups }: Person): Promise<boolean> {
  const own = [...groups].filter((group) => isGroupName(group) && !isGroup(group));
  return own.length > 0 && (await policiesOf(config.controlTable(), own)).length > 0;
}
