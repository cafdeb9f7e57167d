import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  GetApiKeyCommand,
  GetApiKeysCommand,
  GetStageCommand,
  GetUsagePlanCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import { afterEach, describe, expect, it } from "@jest/globals";
import { UsageCounters } from "../../scripts/local-aws/api-gateway/usage-counters.ts";
import type { TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";
import { Store } from "../../scripts/local-aws/kernel/store.ts";
import { API_ID, stackWith, startApiGateway, VALUE } from "./support/api-gateway.ts";

const plan = (properties: Record<string, unknown> = {}): TemplateResource => ({
  Type: "AWS::ApiGateway::UsagePlan",
  Properties: {
    UsagePlanName: "trial",
    ApiStages: [
      {
        ApiId: { Ref: "Api" },
        Stage: "dev",
        Throttle: { "/v1/flights/GET": { RateLimit: 0.5, BurstLimit: 1 } },
      },
    ],
    Throttle: { RateLimit: 1, BurstLimit: "2" },
    Quota: { Limit: "10", Period: "DAY" },
    Tags: [{ Key: "tier", Value: "trial" }],
    ...properties,
  },
});
const key = (properties: Record<string, unknown> = {}): TemplateResource => ({
  Type: "AWS::ApiGateway::ApiKey",
  Properties: { Name: "demo", Enabled: true, Value: VALUE, ...properties },
});
const planKey: TemplateResource = {
  Type: "AWS::ApiGateway::UsagePlanKey",
  Properties: { KeyId: { Ref: "Key" }, KeyType: "API_KEY", UsagePlanId: { Ref: "Plan" } },
};

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function deploy(resources: Record<string, TemplateResource>, store = Store.open(":memory:")) {
  const started = await startApiGateway({ resources, store });
  closing.push(started.close);
  return started;
}

const resources = { Plan: plan(), Key: key(), PlanKey: planKey };
const ids = { plan: stackWith(resources).ref("Plan"), key: stackWith(resources).ref("Key") };
const call = { apiKey: VALUE, restApiId: API_ID, stage: "dev", resourcePath: "/v1/x", httpMethod: "GET" };

describe("deploying refuses", () => {
  it("a plan for a stage that the template does not have", async () => {
    const stages = [{ ApiId: { Ref: "Api" }, Stage: "prod" }];
    await expect(deploy({ Plan: plan({ ApiStages: stages }) })).rejects.toMatchObject({
      code: "NotFoundException",
      message: `API Stage not found: ${API_ID}:prod`,
    });
  });

  it("a key whose value an operator's key has", async () => {
    const { client, store } = await deploy({});
    await client.send(new CreateApiKeyCommand({ value: VALUE }));
    await expect(deploy(resources, store)).rejects.toMatchObject({ code: "ConflictException" });
  });

  it("a key in two plans of one stage", async () => {
    const second = { ...planKey, Properties: { ...planKey.Properties, UsagePlanId: { Ref: "Plan2" } } };
    await expect(deploy({ ...resources, Plan2: plan(), PlanKey2: second })).rejects.toMatchObject({
      code: "ConflictException",
    });
  });
});

describe("deploying", () => {
  it("brings keys, plans and memberships into being under the stack's ids", async () => {
    const { client, meter } = await deploy(resources);
    expect(await client.send(new GetUsagePlanCommand({ usagePlanId: ids.plan }))).toMatchObject({
      name: "trial",
      apiStages: [
        { apiId: API_ID, stage: "dev", throttle: { "/v1/flights/GET": { rateLimit: 0.5, burstLimit: 1 } } },
      ],
      throttle: { rateLimit: 1, burstLimit: 2 },
      quota: { limit: 10, offset: 0, period: "DAY" },
      tags: { tier: "trial" },
    });
    const apiKey = await client.send(new GetApiKeyCommand({ apiKey: ids.key, includeValue: true }));
    expect(apiKey).toMatchObject({ name: "demo", enabled: true, value: VALUE });
    expect(meter.admit(call)).toEqual({
      outcome: "admitted",
      apiKeyId: ids.key,
      usagePlanId: ids.plan,
    });
  });

  it("again changes nothing, and keeps a generated value", async () => {
    const generated = { ...resources, Key: key({ Value: undefined }) };
    const first = await deploy(generated);
    const before = await first.client.send(new GetApiKeysCommand({ includeValues: true }));
    first.service.deploy();
    const second = await deploy(generated, first.store);
    const after = await second.client.send(new GetApiKeysCommand({ includeValues: true }));
    expect(after.items).toEqual(before.items);
    expect(after.items?.[0]?.value).toMatch(/^\w{40}$/);
  });

  it("leaves alone what operators made and changed", async () => {
    const { client, service } = await deploy(resources);
    const { id: keyId } = await client.send(new CreateApiKeyCommand({ name: "ten_1" }));
    const { id: usagePlanId } = await client.send(new CreateUsagePlanCommand({ name: "custom" }));
    await client.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: "API_KEY" }));
    await client.send(
      new UpdateUsagePlanCommand({
        usagePlanId: ids.plan,
        patchOperations: [{ op: "replace", path: "/quota/limit", value: "77" }],
      }),
    );
    service.deploy();
    expect((await client.send(new GetUsagePlanKeysCommand({ usagePlanId }))).items).toHaveLength(1);
    const changed = await client.send(new GetUsagePlanCommand({ usagePlanId: ids.plan }));
    expect(changed.quota?.limit).toBe(77);
  });

  it("a changed plan applies its numbers and keeps members and what was used", async () => {
    const first = await deploy({ ...resources, Plan: plan({ Throttle: undefined }) });
    for (let i = 0; i < 4; i++) first.meter.admit(call);
    await first.close();
    closing.length = 0;
    const changed = plan({ Throttle: undefined, Quota: { Limit: 5, Period: "DAY" } });
    const second = await deploy({ ...resources, Plan: changed }, first.store);
    const outcomes = Array.from({ length: 3 }, () => second.meter.admit(call).outcome);
    expect(outcomes).toEqual(["admitted", "quotaExceeded", "quotaExceeded"]);
  });

  it("a changed key keeps its id and plan; its old value is void", async () => {
    const { store } = await deploy(resources);
    const { meter } = await deploy({ ...resources, Key: key({ Value: `${VALUE}-new` }) }, store);
    expect(meter.admit(call).outcome).toBe("invalidKey");
    expect(meter.admit({ ...call, apiKey: `${VALUE}-new` })).toMatchObject({
      outcome: "admitted",
      apiKeyId: ids.key,
    });
  });

  it("moves a key to another plan of the same stage", async () => {
    const { store } = await deploy({ ...resources, Plan2: plan() });
    const moved = { ...planKey, Properties: { ...planKey.Properties, UsagePlanId: { Ref: "Plan2" } } };
    const template = { ...resources, Plan2: plan(), PlanKey: moved };
    const { meter } = await deploy(template, store);
    expect(meter.admit(call)).toMatchObject({
      outcome: "admitted",
      usagePlanId: stackWith(template).ref("Plan2"),
    });
  });

  it("deletes what left the template, and nothing else", async () => {
    const first = await deploy(resources);
    const { id } = await first.client.send(new CreateApiKeyCommand({ name: "ten_1" }));
    const { client, meter } = await deploy({}, first.store);
    expect((await client.send(new GetApiKeysCommand({}))).items?.map((item) => item.id)).toEqual([id]);
    expect((await client.send(new GetUsagePlansCommand({}))).items).toEqual([]);
    expect(meter.admit(call).outcome).toBe("invalidKey");
  });

  it("makes again what an operator deleted", async () => {
    const { client, service, meter } = await deploy(resources);
    await client.send(new DeleteApiKeyCommand({ apiKey: ids.key }));
    expect(meter.admit(call).outcome).toBe("invalidKey");
    service.deploy();
    expect(meter.admit(call).outcome).toBe("admitted");
  });

  it("knows stages that a deployment makes, with their throttles", async () => {
    const { client } = await deploy({
      Deployed: {
        Type: "AWS::ApiGateway::Deployment",
        Properties: {
          RestApiId: { Ref: "Api" },
          StageName: "live",
          StageDescription: {
            MethodSettings: [
              { ResourcePath: "/*", HttpMethod: "*", ThrottlingRateLimit: 5, ThrottlingBurstLimit: 9 },
              { ResourcePath: "/~1v1~1flights", HttpMethod: "GET", ThrottlingRateLimit: 1 },
              { ResourcePath: "/~1v1~1logged", HttpMethod: "GET", LoggingLevel: "INFO" },
            ],
          },
        },
      },
    });
    const stage = await client.send(new GetStageCommand({ restApiId: API_ID, stageName: "live" }));
    expect(stage.methodSettings).toEqual({
      "*/*": { throttlingRateLimit: 5, throttlingBurstLimit: 9 },
      "/v1/flights/GET": { throttlingRateLimit: 1 },
    });
  });
});

describe("a stage's own throttle", () => {
  const throttledStage = {
    DevStage: {
      Type: "AWS::ApiGateway::Stage",
      Properties: {
        RestApiId: { Ref: "Api" },
        StageName: "dev",
        MethodSettings: [
          { ResourcePath: "/*", HttpMethod: "*", ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 },
        ],
      },
    },
  };

  it("refuses what all callers together send over the burst, and admits again with time", async () => {
    const { service, clock } = await deploy(throttledStage);
    const outcomes = () => service.stageThrottle.admit(call);
    expect([outcomes(), outcomes(), outcomes()]).toEqual([
      { outcome: "admitted" },
      { outcome: "admitted" },
      { outcome: "throttled", retryAfterSeconds: 1 },
    ]);
    clock.time += 1000;
    expect(outcomes()).toEqual({ outcome: "admitted" });
  });

  it("is unlimited where the stage says nothing", async () => {
    const { service } = await deploy({});
    for (let i = 0; i < 100; i++) expect(service.stageThrottle.admit(call).outcome).toBe("admitted");
  });
});

it("usage of more than half a second ago survives the process being killed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "killed-"));
  const file = join(directory, "state.db");
  const child = fork(new URL("./support/usage-meter-process.ts", import.meta.url), [file], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    execArgv: [],
  });
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
  const store = Store.open(file);
  expect(new UsageCounters(store).used("plan1", "key1", Math.floor(Date.now() / 86_400_000))).toBe(100);
  store.close();
  rmSync(directory, { recursive: true });
});
