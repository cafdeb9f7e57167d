import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { deadlineClock, withDeadline } from "../../src/aws/deadline.ts";
import { TenantOperations } from "../../src/aws/tenant-operations.ts";
import { LEASE_MILLISECONDS } from "../../src/domain/tenancy/lease.ts";
import { OPERATOR } from "../unit/tenancy/fakes.ts";
import { resourcesOf } from "./support/tenancy-resources.ts";
import { newSlug, onboard, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

/** Operations as a function behind the gateway has them. */
const ofFunction = () =>
  new TenantOperations({ ...aws.settings, usagePlanMode: "perTenant" }, OPERATOR, deadlineClock);

const begin = (slug: string) =>
  withDeadline(500, () => ofFunction().onboard({ slug, plan: "trial" }, { handOver() {} }));

describe("an onboarding that takes longer than a request may", () => {
  it("because a call hangs is given up in time, and finished by asking again", async () => {
    const slug = newSlug();
    let hang: (() => void) | undefined;
    aws.inject((call, request) =>
      request.path === "/apikeys" && request.method === "POST"
        ? new Promise((resolve) => {
            hang = () => resolve(call());
          })
        : call(),
    );
    const begun = performance.now();
    await expect(begin(slug)).rejects.toMatchObject({ name: "AbortError" });
    // Long before the call's own limit.
    expect(performance.now() - begun).toBeLessThan(5000);
    aws.inject((call) => call());
    hang?.();

    // Whether the call was done is unknown, so the next run waits until the lease has run out.
    const { tenant, shown } = await onboard(
      operationsIn(aws, "perTenant", LEASE_MILLISECONDS),
      slug,
      "trial",
    );
    if ("error" in tenant) throw tenant.error;
    expect([tenant.status, shown.length]).toEqual(["active", 1]);
    const { keys, clients } = await resourcesOf(aws, tenant);
    expect([keys.length, clients.length]).toEqual([1, 1]);
  });

  it("because another run is at work on the slug is given up in time, and leaves that one alone", async () => {
    const slug = newSlug();
    let asked: Promise<unknown> | undefined;
    const { tenant } = await new Promise<Awaited<ReturnType<typeof onboard>>>((resolve) => {
      const first = operationsIn(aws, "perTenant").onboard(
        { slug, plan: "trial" },
        {
          handOver: async () => {
            asked = begin(slug).catch((error: unknown) => error);
            await asked;
          },
        },
      );
      first.then((active) => resolve({ tenant: active, shown: [] }));
    });
    expect(await asked).toMatchObject({ name: "AbortError" });
    expect(tenant).toMatchObject({ status: "active" });
  });
});
