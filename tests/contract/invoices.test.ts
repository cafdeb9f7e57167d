import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { csvOf } from "../../scripts/billing/invoice-file.ts";
import { invoicesOf } from "../../src/aws/billing.ts";
import { DynamoLedger } from "../../src/aws/dynamodb/ledger.ts";
import { billingMonth } from "../../src/domain/metering/billing-month.ts";
import { bookBatch } from "../../src/domain/metering/ledger.ts";
import { accessLogLine } from "../support/access-log.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

/** Long enough for whatever is done then to be done in another month. */
const NEXT_MONTH = 32 * 86_400_000;
const THIS_MONTH = billingMonth(new Date().toISOString().slice(0, "yyyy-mm".length), Date.now());

const exported = async () => csvOf(await invoicesOf(THIS_MONTH, aws.settings));

async function book(tenantId: string, calls: number): Promise<void> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const logEvents = Array.from({ length: calls }, (_, number) => ({
    id: `${tenantId}-${number}`,
    timestamp: Date.now(),
    message: accessLogLine({ tenantId, apiKeyId: "-", time: Date.now() }),
  }));
  const batch = { logGroup: "g", logStream: "s", events: logEvents };
  await bookBatch(batch, new DynamoLedger(client, aws.settings.controlTable), Date.now());
}

describe.each(["perTenant", "perTier"] as const)("with usage plans %s, the export of a month", (mode) => {
  it("is the same to the byte before and after a later change of plan or quota, and after the tenant has left", async () => {
    const now = operationsIn(aws, mode);
    const { tenant } = await onboarded(aws, mode, "premium");
    const { tenantId } = tenant;
    await now.change(tenant, { limits: { quota: { limit: 4, period: "MONTH" } } }, {}, true);
    const { tenant: other } = await onboarded(aws, mode, "premium");
    await book(tenantId, 7);
    await book(other.tenantId, 7);
    const before = await exported();
    expect(before).toContain(`,${tenant.slug},premium,7,0,0,0,4,3`);
    expect(before).toContain(`,${other.slug},premium,7,0,0,0,10000000,0`);

    const later = operationsIn(aws, mode, NEXT_MONTH);
    await later.change(other, { plan: "trial" }, {}, true);
    expect(await exported()).toBe(before);
    await later.change(other, { plan: "standard", limits: { quota: { limit: 1, period: "DAY" } } }, {}, true);
    expect(await exported()).toBe(before);
    for (const one of [tenant, other]) {
      await later.offboard(await later.find(one.slug), {});
      expect(await exported()).toBe(before);
    }
  }, 60_000);
});
