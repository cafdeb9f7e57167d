import { qualified, type Scope } from "../domain/access/scope.ts";
import { AccessRefusal } from "./access-refusal.ts";
import type { GateStep } from "./gate.ts";

/** Requires all the scopes. The gateway's authorizer is content with any one of its list. */
export function requireScopes(scopes: readonly Scope[]): GateStep {
  const required = scopes.map(qualified);
  return {
    before: function requireScopesBefore({ context }) {
      if (!required.every((scope) => context.token.scopes.has(scope)))
        throw AccessRefusal.insufficientScope(required);
    },
  };
}
