import { PERSON_SCOPE, type Person } from "../domain/access/person.ts";
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

/** Requires the scope that the gateway's authorizer asks for, as if there were no gateway. */
export function requirePersonScope(): PersonGateStep {
  return {
    before: function requirePersonScopeBefore({ context }) {
      if (!context.person.scopes.has(PERSON_SCOPE)) throw AccessRefusal.insufficientScope([PERSON_SCOPE]);
    },
  };
}

/** Requires membership of any of the groups, or else that the person may all the same. */
export function requireGroup(
  groups: readonly string[],
  mayAllTheSame: (person: Person) => Promise<boolean> = async () => false,
): PersonGateStep {
  return {
    before: async function requireGroupBefore({ context: { person } }) {
      if (groups.some((group) => person.groups.has(group)) || (await mayAllTheSame(person))) return;
      throw AccessRefusal.notInGroup(groups);
    },
  };
}
