import { setTimeout } from "node:timers/promises";
import { onboardedTenant } from "../../src/generated/onboarded-tenant.js";
import { type Answer, call } from "./machine.ts";

/** What became of the tenants that several workers onboarded by the admin API at once. */
export interface Onboarded {
  /** Tenant ids by slug, of each answer 201. */
  readonly tenants: ReadonlyMap<string, readonly string[]>;
  /** Answers 409 of a slug that another worker had been given as well. */
  readonly conflicts: number;
  /** Requests that were answered 429 or 503 and sent again. */
  readonly repeated: number;
  readonly seconds: number;
}

/**
 * Onboards a tenant of each slug, by so many workers at once; a slug that stands there twice is asked for twice.
 * What AWS had no time for is sent again after the time that the answer says.
 */
export async function onboardByWorkers(
  place: { readonly apiUrl: string; readonly token: string },
  slugs: readonly string[],
  { workers, plan }: { readonly workers: number; readonly plan: string },
): Promise<Onboarded> {
  const tenants = new Map<string, string[]>();
  const waiting = [...slugs];
  let conflicts = 0;
  let repeated = 0;
  const begun = performance.now();
  const onboard = async (slug: string): Promise<void> => {
    for (;;) {
      const answer = await post(place, { slug, plan });
      if (answer.status === 429 || answer.status === 503) {
        repeated += 1;
        await setTimeout(Number(answer.headers.get("retry-after") ?? 1) * 1000);
        continue;
      }
      if (answer.status === 409) conflicts += 1;
      else if (onboardedTenant(answer.body))
        tenants.set(slug, [...(tenants.get(slug) ?? []), answer.body.tenantId]);
      else throw new Error(`${slug}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return;
    }
  };
  const work = async () => {
    for (let slug = waiting.shift(); slug !== undefined; slug = waiting.shift()) await onboard(slug);
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { tenants, conflicts, repeated, seconds: (performance.now() - begun) / 1000 };
}

function post(place: { readonly apiUrl: string; readonly token: string }, body: object): Promise<Answer> {
  const headers = { Authorization: `Bearer ${place.token}` };
  return call(`${place.apiUrl}/admin/tenants`, "POST", { body, headers });
}
