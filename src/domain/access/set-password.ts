import { audited, SubjectAuditor } from "../audit.ts";
import type { Clock } from "../tenancy/lease.ts";
import type { PeoplePorts } from "./people.ts";

/**
 * Gives a person a new password; without `permanent` it is to be changed at the next sign-in. Throws a
 * Refusal: `not-found`, or `invalid` for a password that the pool's policy does not take.
 */
export async function setPassword(
  { people, trail, actor }: PeoplePorts,
  clock: Clock,
  name: string,
  password: string,
  { permanent }: { readonly permanent: boolean },
): Promise<void> {
  const { username, status } = await people.find(name);
  const auditor = new SubjectAuditor(actor, clock, { action: "person.setPassword", username });
  const states = {
    before: { status },
    after: { status: permanent ? "CONFIRMED" : "FORCE_CHANGE_PASSWORD" },
  };
  await audited(trail, auditor, states, () => people.setPassword(username, password, { permanent }));
}
