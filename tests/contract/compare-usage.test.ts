import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DynamoLedger } from "../../src/aws/dynamodb/ledger.ts";
import { bookBatch } from "../../src/domain/metering/ledger.ts";
import { handler } from "../../src/functions/metering/compare-usage.ts";
import { accessLogLine } from "../support/access-log.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

const TOMORROW = { time: new Date(Date.now() + 86_400_000).toISOString() };

let events = 0;
/** Books so many calls of a tenant now. */
async function book(
  tenantId: string,
  apiKeyId: string | undefined,
  calls: number,
  status = 200,
  responseType = "-",
) {
  const ledger = new DynamoLedger(
    DynamoDBDocumentClient.from(new DynamoDBClient({})),
    aws.settings.controlTable,
  );
  const logEvents = Array.from({ length: calls }, () => {
    events += 1;
    const message = accessLogLine({
      tenantId,
      apiKeyId: apiKeyId ?? "-",
      status,
      responseType,
      time: Date.now(),
    });
    return { id: String(events), timestamp: Date.now(), message };
  });
  await bookBatch({ logGroup: "g", logStream: "s", events: logEvents }, ledger, Date.now());
}

/** Lets a tenant's key make calls that its usage plan counts; waits where its rate asks for it. */
async function use(apiKey: string, calls: number): Promise<void> {
  const call = {
    apiKey,
    restApiId: aws.stack.ref("ApiGatewayRestApi"),
    stage: "dev",
    resourcePath: "/v1/flights",
    httpMethod: "GET",
  };
  for (let used = 0; used < calls; )
    if (aws.gateway.meter.admit(call).outcome === "admitted") used += 1;
    else await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.each(["perTenant", "perTier"] as const)("with usage plans %s, the daily comparison", (mode) => {
  it("finds nothing while ledger and plan agree, and then what the ledger lacks or has too much", async () => {
    const { tenant, credentials } = await onboarded(aws, mode, "premium");
    const { tenantId, apiKeyId } = tenant;
    await use(credentials.apiKey, 50);
    const before = await handler(TOMORROW);
    expect(before.different).toBe(1);
    await book(tenantId, apiKeyId, 50);
    // What the gateway refuses is not counted by the plan, nor against it; what a function refuses is.
    await book(tenantId, apiKeyId, 40, 429, "THROTTLED");
    expect(await handler(TOMORROW)).toEqual({ keys: before.keys, different: 0 });
    await book(tenantId, apiKeyId, 11);
    expect((await handler(TOMORROW)).different).toBe(1);
    await use(credentials.apiKey, 11);
    expect((await handler(TOMORROW)).different).toBe(0);
    await use(credentials.apiKey, 40);
    await book(tenantId, apiKeyId, 40, 403);
    expect((await handler(TOMORROW)).different).toBe(0);
  }, 60_000);
});

it("a key is not compared on the day on which it left a plan, of which GetUsage tells no more", async () => {
  const { tenant, credentials } = await onboarded(aws, "perTier", "standard");
  await use(credentials.apiKey, 30);
  await book(tenant.tenantId, tenant.apiKeyId, 30);
  const before = await handler(TOMORROW);
  await operationsIn(aws, "perTier").change(tenant, { plan: "premium" }, {}, true);
  expect(await handler(TOMORROW)).toEqual({ keys: before.keys - 1, different: before.different });
}, 60_000);

it("usage and invoices of a tenant have the ledger's figures beside the plan's, a suspended one's too", async () => {
  const { tenant, credentials } = await onboarded(aws, "perTenant", "trial");
  const { tenantId, apiKeyId } = tenant;
  await use(credentials.apiKey, 2);
  await book(tenantId, apiKeyId, 12);
  await book(tenantId, apiKeyId, 3, 403);
  await book(tenantId, apiKeyId, 1, 503);
  const date = new Date().toISOString().slice(0, 10);
  const expected = { date, used: 2, remaining: 8, billable: 12, refused: 3, failed: 1 };
  const operations = operationsIn(aws, "perTenant");
  expect((await operations.usageOf(tenant, {})).at(-1)).toEqual(expected);
  const suspended = await operations.suspend(tenant, { progress: () => {} });
  expect((await operations.usageOf(suspended, {})).at(-1)).toEqual(expected);
  // Its records name no plan and no key any more.
  const { usagePlanId: _plan, apiKeyId: _key, ...rest } = tenant;
  expect(await operations.usageOf({ ...rest, status: "deleted" }, {})).toEqual([
    { ...expected, used: 0, remaining: null },
  ]);
  const { billingMonth } = await import("../../src/domain/metering/billing-month.ts");
  const { invoicesOf } = await import("../../src/aws/billing.ts");
  const month = billingMonth(date.slice(0, "yyyy-mm".length), Date.now());
  const lines = await invoicesOf(month, aws.settings);
  expect(lines.find((line) => line.slug === tenant.slug)).toMatchObject({
    tenantId,
    plan: "trial",
    billableCalls: 12,
    refusedCalls: 3,
    failedCalls: 1,
    includedCalls: 10 * month.days,
    overage: 2,
  });
  expect(lines.map(({ slug }) => slug)).toEqual(lines.map(({ slug }) => slug).sort());
});
