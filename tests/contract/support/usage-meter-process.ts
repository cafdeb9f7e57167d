import { Registry } from "../../../scripts/local-aws/api-gateway/registry.ts";
import { UsageCounters } from "../../../scripts/local-aws/api-gateway/usage-counters.ts";
import { UsageMeter } from "../../../scripts/local-aws/api-gateway/usage-meter.ts";
import { systemClock } from "../../../scripts/local-aws/kernel/clock.ts";
import { Store } from "../../../scripts/local-aws/kernel/store.ts";

// A gateway that admits 100 calls, says so a while later, and then waits to be killed.
const [, , file = ""] = process.argv;
const store = Store.open(file);
const counters = new UsageCounters(store);
const registry = new Registry(store, { left: () => {}, deleted: () => {} });
const meter = new UsageMeter({ registry, counters, clock: systemClock });
registry.putPlan({ id: "plan1", name: "n", apiStages: [{ apiId: "api", stage: "dev" }], tags: {} });
registry.putKey({
  id: "key1",
  value: "abcdefghijklmnopqrst",
  enabled: true,
  createdDate: 0,
  lastUpdatedDate: 0,
  stageKeys: [],
  tags: {},
});
registry.addMember({ usagePlanId: "plan1", keyId: "key1" });
for (let i = 0; i < 100; i++)
  meter.admit({
    apiKey: "abcdefghijklmnopqrst",
    restApiId: "api",
    stage: "dev",
    resourcePath: "/",
    httpMethod: "GET",
  });
setTimeout(() => process.stdout.write("counted\n"), 400);
setInterval(() => {}, 1000);
