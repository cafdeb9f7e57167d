import type { Person } from "../domain/access/person.ts";
import { AccessRefusal } from "./access-refusal.ts";
import { bearerToken } from "./bearer-token.ts";
import type { PersonGateStep } from "./person-gate.ts";
import { personTokens } from "./token-verifier.ts";

/** Verifies a person's access token; `requestContext` is not looked at, whatever an authorizer has put there. */
export function verifyPerson(): PersonGateStep {
  return {
    before: function verifyPersonBefore({ event, context }) {
      const accept = (person: Person) => {
        context.person = person;
      };
      const verified = personTokens().verify(bearerToken(event.headers.authorization));
      if (verified instanceof Promise) return verified.then(accept);
      return accept(verified);
    },
  };
}

/** Requires membership of any of the groups. */
export function requireGroup(groups: readonly string[]): PersonGateStep {
  return {
    before: function requireGroupBefore({ context }) {
      if (!groups.some((group) => context.person.groups.has(group))) throw AccessRefusal.notInGroup(groups);
    },
  };
}
