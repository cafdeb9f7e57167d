import { expect, it } from "@jest/globals";
import { Command } from "../support/command.ts";
import { demo, demoPlace } from "../support/demo-stack.ts";
import { demoAdmin } from "../support/group-member.ts";
import { onboardByWorkers } from "../support/onboarding-workers.ts";

const LIMIT_MILLISECONDS = 90_000;
const TENANTS = 12;
const WORKERS = 4;

it(
  "4 workers onboard 12 tenants by the admin API at once: none twice, and nothing is left over",
  async () => {
    const { tokens } = await demoAdmin();
    const prefix = `workers-${process.pid}`;
    const slugs = Array.from({ length: TENANTS }, (_none, number) => `${prefix}-${number}`);
    // Each third one is wanted by two workers.
    const wanted = slugs.flatMap((slug, number) => (number % 3 === 0 ? [slug, slug] : [slug]));
    const place = { apiUrl: demo().apiUrl, token: tokens.accessToken };
    const { tenants, conflicts } = await onboardByWorkers(place, wanted, { workers: WORKERS, plan: "trial" });

    expect([...tenants.keys()].sort()).toEqual([...slugs].sort());
    for (const ids of tenants.values()) expect(ids).toHaveLength(1);
    expect(new Set([...tenants.values()].flat()).size).toBe(TENANTS);
    expect(conflicts).toBe(wanted.length - TENANTS);

    const outcome = await Command.run(demoPlace(), "tenants.ts", "--json", "reconcile", "--no-data");
    const { differences } = JSON.parse(outcome.stdout) as { differences: { tenantId: string }[] };
    const ids = new Set([...tenants.values()].flat());
    expect(differences.filter(({ tenantId }) => ids.has(tenantId))).toEqual([]);
  },
  LIMIT_MILLISECONDS,
);
