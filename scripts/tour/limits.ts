import { setTimeout } from "node:timers/promises";
import { APIGatewayClient, UpdateUsageCommand } from "@aws-sdk/client-api-gateway";
import type { TenantOperations } from "../../src/aws/tenant-operations.ts";
import type { DemoFile } from "../demo/demo-file.ts";
import { type Answer, call, type Machine } from "./client.ts";
import type { Report } from "./report.ts";

/** The trial plan's quota (resources/plans.yml). */
const QUOTA = 10;
/** The trial plan gives a request a second and holds two; a little more, so as not to be early. */
const ONE_TOKEN = 1100;
const FULL_BUCKET = 2200;

/** What the trial plan's throttle and quota do, and that an operator can grant more. */
export async function tourLimits(
  demo: DemoFile,
  puddlejump: Machine,
  operations: TenantOperations,
  report: Report,
): Promise<void> {
  const { usagePlanId, apiKeyId } = await operations.find(puddlejump.slug);
  const gateway = new APIGatewayClient({});
  const grant = (requests: number) =>
    gateway.send(
      new UpdateUsageCommand({
        usagePlanId,
        keyId: apiKeyId,
        patchOperations: [{ op: "replace", path: "/remaining", value: String(requests) }],
      }),
    );
  const read = () =>
    call(demo, "/v1/flights?limit=1", { token: puddlejump.token, apiKey: puddlejump.apiKey });
  const counted = (answers: readonly Answer[]) => {
    const passed = answers.filter(({ status }) => status === 200).length;
    const throttled = answers.filter(({ status }) => status === 429).length;
    return `${passed} × 200 and ${throttled} × 429`;
  };

  report.chapter("Limits of the trial plan: one request a second, two at once, ten a day");
  // Earlier tours of the day have used it up.
  await grant(QUOTA);
  await setTimeout(FULL_BUCKET);
  const burst = await Promise.all([read(), read(), read(), read(), read()]);
  report.step("five requests at once", "2 × 200 and 3 × 429", counted(burst));
  const refused = burst.find(({ status }) => status === 429);
  report.step("what the refused are told", "Too Many Requests", String(refused?.body.message));

  await grant(1);
  await setTimeout(ONE_TOKEN);
  report.step("the last request of the quota", 200, (await read()).status);
  await setTimeout(ONE_TOKEN);
  const exceeded = await read();
  report.step("one more", "429 Limit Exceeded", `${exceeded.status} ${String(exceeded.body.message)}`);
  await grant(QUOTA);
  await setTimeout(ONE_TOKEN);
  report.step("after an operator has granted more (UpdateUsage)", 200, (await read()).status);
  // A tour leaves the quota as a new day would find it.
  await grant(QUOTA);
}
