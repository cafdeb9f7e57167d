import { readCutOffs } from "../aws/dynamodb/cut-offs.ts";
import { config } from "../config.ts";
import { CutOffList } from "../domain/access/cut-off-list.ts";
import { AccessRefusal } from "./access-refusal.ts";
import type { GateStep } from "./gate.ts";

let list: CutOffList | undefined;

/** The list of this function instance. */
function cutOffs(): CutOffList {
  list ??= new CutOffList(() => readCutOffs(config.controlTable()));
  return list;
}

/**
 * Refuses a token that was issued before its tenant or client was cut off, however good its signature and
 * however often it was seen: Cognito cannot revoke a machine's token.
 */
export function refuseVoidTokens(): GateStep {
  return {
    before: function refuseVoidTokensBefore({ context }) {
      const isVoid = cutOffs().isVoid(context.token);
      if (isVoid instanceof Promise) return isVoid.then(refuseIf);
      return refuseIf(isVoid);
    },
  };
}

function refuseIf(isVoid: boolean): void {
  if (isVoid) throw AccessRefusal.invalidToken("The token is void: fetch a new one.");
}
