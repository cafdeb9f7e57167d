import type { Stack, StackResource } from "../kernel/stack.ts";
import { type Body, listAt, objectAt } from "./body.ts";
import type { ApiKey, MethodThrottles, RestApi, Stage, Tags, UsagePlan, UsagePlanKey } from "./model.ts";
import { unescapePointer } from "./patch.ts";
import { parseSettings } from "./usage-plan-settings.ts";

/** `AWS::ApiGateway::RestApi` */
export function readRestApi(resource: StackResource, stack: Stack): RestApi {
  const { properties, physicalId, logicalId } = resource;
  return {
    id: physicalId,
    name: text(properties.Name) ?? logicalId,
    description: text(properties.Description),
    rootResourceId: String(stack.resolve({ "Fn::GetAtt": [logicalId, "RootResourceId"] })),
  };
}

/** The stages that `AWS::ApiGateway::Stage` and, with a stage name, `AWS::ApiGateway::Deployment` make. */
export function readStages(stack: Stack): Stage[] {
  const deployments = stack
    .resources("AWS::ApiGateway::Deployment")
    .filter(({ properties }) => properties.StageName !== undefined)
    .map(({ properties, physicalId }) =>
      readStage(properties, physicalId, objectAt(properties, "StageDescription") ?? {}),
    );
  const stages = stack
    .resources("AWS::ApiGateway::Stage")
    .map(({ properties }) => readStage(properties, text(properties.DeploymentId), properties));
  return [...deployments, ...stages];
}

function readStage(properties: Body, deploymentId: string | undefined, settings: Body): Stage {
  return {
    restApiId: String(properties.RestApiId),
    stageName: String(properties.StageName),
    deploymentId,
    throttles: readMethodSettings(listAt(settings, "MethodSettings")),
  };
}

/** Resource paths come as `/*` or `/~1v1~1flights`. */
function readMethodSettings(settings: readonly Body[]): MethodThrottles {
  return Object.fromEntries(
    settings
      .map((setting): [string, { rateLimit: number | undefined; burstLimit: number | undefined }] => [
        `${unescapePointer(String(setting.ResourcePath).replace(/^\/(?=[*~])/, ""))}/${setting.HttpMethod}`,
        { rateLimit: number(setting.ThrottlingRateLimit), burstLimit: number(setting.ThrottlingBurstLimit) },
      ])
      .filter(([, { rateLimit, burstLimit }]) => rateLimit !== undefined || burstLimit !== undefined),
  );
}

/** `AWS::ApiGateway::ApiKey`; without a value when the template leaves it to AWS. */
export function readApiKey({
  properties,
  logicalId,
}: StackResource): Omit<ApiKey, "id" | "value" | "createdDate" | "lastUpdatedDate"> & { value?: string } {
  const value = text(properties.Value);
  return {
    name: text(properties.Name) ?? logicalId,
    description: text(properties.Description),
    customerId: text(properties.CustomerId),
    enabled: String(properties.Enabled ?? false) === "true",
    stageKeys: listAt(properties, "StageKeys").map((stage) => `${stage.RestApiId}/${stage.StageName}`),
    tags: readTags(properties),
    ...(value === undefined ? {} : { value }),
  };
}

/** `AWS::ApiGateway::UsagePlan` */
export function readUsagePlan({ properties, physicalId, logicalId }: StackResource, now: number): UsagePlan {
  const quota = objectAt(properties, "Quota");
  return {
    id: physicalId,
    name: text(properties.UsagePlanName) ?? logicalId,
    ...parseSettings(
      {
        description: text(properties.Description),
        apiStages: listAt(properties, "ApiStages").map((stage) => ({
          apiId: text(stage.ApiId),
          stage: text(stage.Stage),
          throttle: readThrottles(objectAt(stage, "Throttle")),
        })),
        throttle: readThrottle(objectAt(properties, "Throttle")),
        quota: quota && {
          limit: number(quota.Limit),
          offset: number(quota.Offset),
          period: text(quota.Period),
        },
      },
      now,
    ),
    tags: readTags(properties),
  };
}

/** `AWS::ApiGateway::UsagePlanKey` */
export function readUsagePlanKey({ properties }: StackResource): UsagePlanKey {
  return { usagePlanId: String(properties.UsagePlanId), keyId: String(properties.KeyId) };
}

function readThrottles(throttles: Body | undefined): Body | undefined {
  return (
    throttles &&
    Object.fromEntries(
      Object.keys(throttles).map((method) => [method, readThrottle(objectAt(throttles, method))]),
    )
  );
}

function readThrottle(throttle: Body | undefined): Body | undefined {
  return throttle && { rateLimit: number(throttle.RateLimit), burstLimit: number(throttle.BurstLimit) };
}

function readTags(properties: Body): Tags {
  return Object.fromEntries(listAt(properties, "Tags").map(({ Key, Value }) => [String(Key), String(Value)]));
}

function text(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** Numbers of a template may come as text, out of a parameter. */
function number(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}
