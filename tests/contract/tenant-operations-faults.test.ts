import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { outboxOf, resourcesOf } from "./support/tenancy-resources.ts";
import { newSlug, onboard, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const LIMIT_MILLISECONDS = 30_000;

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

describe.each(["perTenant", "perTier"] as const)("a tenant with a usage plan %s", (mode) => {
  it.each(FAULTS)(
    "is whole after a $kind $moment any of the run's requests to AWS",
    async ({ kind, moment }) => {
      let at = 1;
      for (; ; at += 1) {
        const slug = newSlug();
        const operations = operationsIn(aws, mode);
        const fault = new Fault(at, kind, moment);
        aws.inject(fault.around);
        const first = await onboard(operations, slug);
        aws.inject((call) => call());
        if (!fault.happened) break;
        const second = await onboard(operations, slug);
        const tenant = await operations.find(slug);
        const credentials = [...first.shown, ...second.shown].at(-1);
        expect(tenant.status).toBe("active");
        expect(await outboxOf(aws, tenant)).toEqual(["tenant.onboarded"]);
        expect(await resourcesOf(aws, tenant)).toEqual({
          clients: [credentials?.clientId],
          keys: [{ id: tenant.apiKeyId, value: credentials?.apiKey, enabled: true }],
          ownPlans: mode === "perTenant" ? [tenant.usagePlanId] : [],
        });
        expect((await operations.clientsOf(tenant)).map(({ clientId }) => clientId)).toEqual([
          credentials?.clientId,
        ]);
      }
      expect(at).toBeGreaterThan(10);
    },
    LIMIT_MILLISECONDS,
  );
});

describe("a call that", () => {
  it("AWS refuses for its rate is tried again", async () => {
    let calls = 0;
    aws.inject(async (call) => {
      calls += 1;
      if (calls % 4 === 1) throw new AwsError("TooManyRequestsException", "Too Many Requests", 429);
      return call();
    });
    const { tenant } = await onboard(operationsIn(aws, "perTenant"), newSlug());
    aws.inject((call) => call());
    expect(tenant).toMatchObject({ status: "active" });
    expect(calls).toBeGreaterThan(15);
  });

  it.each([
    ["usage plans", 429, "usagePlans to perTier", /POST \/usageplans$/],
    ["API keys", 429, "a further account", /POST \/apikeys$/],
    ["app clients", 400, "have it raised", /CreateUserPoolClient$/],
  ])(
    "AWS refuses because there are too many %s is not tried again, says so, and keeps nobody waiting",
    async (what, status, remedy, makes) => {
      const operations = operationsIn(aws, "perTenant");
      const slug = newSlug();
      const said = `Maximum number of ${what} has been reached.`;
      let refused = 0;
      aws.inject(async (call, request) => {
        if (!makes.test(`${request.method} ${request.target ?? request.path}`)) return call();
        refused += 1;
        throw new AwsError("LimitExceededException", said, status);
      });
      const { tenant: outcome } = await onboard(operations, slug);
      aws.inject((call) => call());
      expect(refused).toBe(1);
      expect(outcome).toMatchObject({
        error: { code: "conflict", detail: expect.stringMatching(`${what} .*${remedy}.*${said}`) },
      });
      // The lease was given up: the next run need not wait for it, and replaces what nobody has seen.
      const waiting = jest.fn();
      const again = { slug, plan: "standard" };
      expect(await operations.onboard(again, { waiting, handOver: () => undefined })).toMatchObject({
        status: "active",
      });
      expect(waiting).not.toHaveBeenCalled();
      const { clients, keys, ownPlans } = await resourcesOf(aws, await operations.find(slug));
      expect([clients.length, keys.length, ownPlans.length]).toEqual([1, 1, 1]);
    },
  );

  it("was done but whose answer was lost is not repeated, so there is never a second one of anything", async () => {
    for (let at = 1; ; at += 1) {
      let calls = 0;
      aws.inject(async (call) => {
        calls += 1;
        await call();
        if (calls === at) throw new AwsError("InternalErrorException", "Internal error", 500);
      });
      const slug = newSlug();
      const operations = operationsIn(aws, "perTenant");
      await onboard(operations, slug);
      aws.inject((call) => call());
      if (calls < at) break;
      const { clients, keys, ownPlans } = await resourcesOf(aws, await operations.find(slug));
      expect(Math.max(clients.length, keys.length, ownPlans.length)).toBeLessThanOrEqual(1);
    }
  });
});
