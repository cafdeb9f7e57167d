import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DynamoLedger } from "../../src/aws/dynamodb/ledger.ts";
import { bookBatch } from "../../src/domain/metering/ledger.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { handler } from "../../src/functions/metering/watch-quotas.ts";
import { accessLogLine } from "../support/access-log.ts";
import { Fault } from "../unit/tenancy/fault.ts";
import { outboxOf } from "./support/tenancy-resources.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
  Object.assign(process.env, { OUTBOX_TABLE: aws.settings.outboxTable });
});
afterAll(() => aws.close());

const watch = () => handler({ time: new Date().toISOString() });

let events = 0;
/** Books so many calls of a tenant now. */
async function book({ tenantId, apiKeyId = "-" }: TenantRecord, calls: number): Promise<void> {
  const ledger = new DynamoLedger(
    DynamoDBDocumentClient.from(new DynamoDBClient({})),
    aws.settings.controlTable,
  );
  const logEvents = Array.from({ length: calls }, () => {
    events += 1;
    const message = accessLogLine({ tenantId, apiKeyId, status: 200, time: Date.now() });
    return { id: String(events), timestamp: Date.now(), message };
  });
  await bookBatch({ logGroup: "g", logStream: "s", events: logEvents }, ledger, Date.now());
}

const reached = async (tenant: TenantRecord) =>
  (await outboxOf(aws, tenant)).filter((type) => type === "tenant.quota_reached");

describe.each(["perTenant", "perTier"] as const)("with usage plans %s", (mode) => {
  it("each threshold lies in the outbox once, however many runs meet, and another tenant's not at all", async () => {
    const { tenant } = await onboarded(aws, mode, "trial");
    const { tenant: other } = await onboarded(aws, mode, "trial");
    await book(tenant, 7);
    await book(other, 7);
    await watch();
    expect(await reached(tenant)).toEqual([]);
    await book(tenant, 1);
    await Promise.all([watch(), watch(), watch()]);
    expect(await reached(tenant)).toHaveLength(1);
    await book(tenant, 2);
    await Promise.all([watch(), watch()]);
    await watch();
    expect(await reached(tenant)).toHaveLength(2);
    expect(await reached(other)).toEqual([]);
  });
});

it("what an operator grants for this period is part of the limit", async () => {
  const { tenant } = await onboarded(aws, "perTenant", "trial");
  const operations = operationsIn(aws, "perTenant");
  await operations.extendQuota(tenant, { by: 5 });
  await operations.extendQuota(tenant, { by: 5 });
  await book(tenant, 15);
  await watch();
  expect(await reached(tenant)).toEqual([]);
  await book(tenant, 1);
  await watch();
  expect(await reached(tenant)).toHaveLength(1);
});

describe.each(["before", "after"] as const)("a crash %s any request to AWS", (moment) => {
  it("is made good by the next run, which tells each threshold once", async () => {
    let at = 1;
    for (; ; at += 1) {
      const { tenant } = await onboarded(aws, "perTier", "trial");
      await book(tenant, 10);
      const fault = new Fault(at, "crash", moment);
      // Only what this run asks for, in its order: other tenants have had their say.
      aws.inject((call, request) =>
        request.body.includes(tenant.tenantId) || !request.target ? fault.around(call) : call(),
      );
      await watch().catch(() => undefined);
      aws.inject((call) => call());
      if (!fault.happened) break;
      await watch();
      expect(await reached(tenant)).toHaveLength(2);
    }
    expect(at).toBeGreaterThan(4);
  }, 30_000);
});
