import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import type { StackResource } from "../../scripts/local-aws/kernel/stack.ts";
import { FUNCTION_METRICS } from "../../src/http/metrics.ts";
import { compiledStack } from "../support/template.ts";

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

interface Alarm extends Partial<Metric> {
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly AlarmActions: readonly string[];
  readonly Metrics?: readonly {
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: Metric };
  }[];
}

const stack = compiledStack();
const alarms = stack.resources("AWS::CloudWatch::Alarm");
const propertiesOf = <Properties>({ properties }: StackResource) => properties as unknown as Properties;

function metricsOf(alarm: StackResource): Metric[] {
  const { Namespace, MetricName, Dimensions = [], Metrics = [] } = propertiesOf<Alarm>(alarm);
  const single = Namespace && MetricName ? [{ Namespace, MetricName, Dimensions }] : [];
  return [...single, ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])];
}

const watched = (metric: string) =>
  alarms
    .flatMap(metricsOf)
    .filter(({ Namespace, MetricName }) => Namespace === "AWS/Lambda" && MetricName === metric)
    .flatMap(({ Dimensions = [] }) => Dimensions.map(({ Value }) => Value))
    .sort();

const functionNames = stack
  .resources("AWS::Lambda::Function")
  .map(({ physicalId }) => physicalId)
  .sort();

/** They throw to say no; a metric of their own tells their failures. */
const REFUSING = ["gatehouse-dev-authorizeAdmin", "gatehouse-dev-preTokenGeneration"];

const REST_API = { ApiName: "gatehouse-dev", Stage: "dev" };
const HTTP_API = { ApiId: stack.ref("HttpApi") };
const SERVICE = { service: "gatehouse-dev" };
const LEDGER = { FunctionName: stack.ref("UsageLedgerLambdaFunction") };
const DEAD_LETTERS = { QueueName: "gatehouse-dev-usage-ledger-dead-letters" };
const UNDELIVERED = { QueueName: "gatehouse-dev-webhook-dead-letters" };
const DELIVERIES = { QueueName: "gatehouse-dev-webhook-deliveries" };
const UNSENDABLE = { QueueName: "gatehouse-dev-outbox-dead-letters" };

/** Each thing that operators are told of, and the metric, its dimensions and statistic that tell it. */
const TOLD = [
  ["5xx of the REST API", "AWS/ApiGateway", "5XXError", REST_API, "Sum"],
  ["5xx of the HTTP API", "AWS/ApiGateway", "5xx", HTTP_API, "Sum"],
  ["the REST API's p99 latency", "AWS/ApiGateway", "Latency", REST_API, "p99"],
  ["the HTTP API's p99 latency", "AWS/ApiGateway", "Latency", HTTP_API, "p99"],
  ["throttled calls of both", "Gatehouse", "dev-ThrottledCalls", {}, "Sum"],
  ["the authorizer's errors", "Gatehouse", "AuthorizerFailed", SERVICE, "Sum"],
  ["the ledger's lag", "AWS/Lambda", "AsyncEventAge", LEDGER, "Maximum"],
  ["dead letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", DEAD_LETTERS, "Maximum"],
  ["events that can never be sent", "AWS/SQS", "ApproximateNumberOfMessagesVisible", UNSENDABLE, "Maximum"],
  ["webhooks not attempted", "AWS/SQS", "ApproximateNumberOfMessagesVisible", UNDELIVERED, "Maximum"],
  ["webhooks that wait", "AWS/SQS", "ApproximateAgeOfOldestMessage", DELIVERIES, "Maximum"],
  ["events that wait", "Gatehouse", "OldestEventAge", SERVICE, "Maximum"],
  ["keys of other tenants", "Gatehouse", "KeyMismatch", SERVICE, "Sum"],
] as const;

/** What the alarm of a single metric watches; nothing for metric math. */
function watchedBy(alarm: StackResource) {
  const { Namespace, MetricName, Statistic, ExtendedStatistic } = propertiesOf<Alarm>(alarm);
  if (!Namespace || !MetricName) return [];
  return metricsOf(alarm).map((metric) => [
    Namespace,
    MetricName,
    dimensionsOf(metric),
    Statistic ?? ExtendedStatistic,
  ]);
}

type Framework = { resolveVariable(name: string): Promise<unknown> };
const httpApiAlarms: (framework: Framework) => Promise<{ Resources?: Record<string, unknown> }> =
  createRequire(import.meta.url)("../../resources/http-api-alarms.cjs");

describe("alarms", () => {
  it.each(TOLD)("operators are told of %s", (_what, ...metric) => {
    expect(alarms.flatMap(watchedBy)).toContainEqual(metric);
  });

  it("nobody is told of what a tenant's own endpoint does not take, so that it hides no fault of ours", () => {
    expect(stack.ref("WebhookGivenUp")).toMatch(/webhook-given-up$/);
    expect(JSON.stringify(alarms.flatMap(watchedBy))).not.toContain("webhook-given-up");
  });

  it("calls that are answered 429 are counted in one, whichever API answers", () => {
    const counted = stack
      .resources("AWS::Logs::MetricFilter")
      .map(({ properties }) => [
        properties.LogGroupName,
        properties.FilterPattern,
        properties.MetricTransformations,
      ]);
    const transformation = {
      MetricNamespace: "Gatehouse",
      MetricName: "dev-ThrottledCalls",
      MetricValue: "1",
    };
    for (const group of ["AccessLogGroup", "HttpApiLogGroup"])
      expect(counted).toContainEqual([
        stack.ref(group),
        '{ $.status = "429" }',
        [expect.objectContaining(transformation)],
      ]);
  });

  it.each([
    ["is off", [], "off", 0],
    ["is closed, since the stage is private,", ["vpce-0123456789abcdef0"], "on", 0],
    ["is open", [], "on", 3],
  ])(
    "an HTTP API that %s is watched only if anybody can call it",
    async (_state, endpoints, httpApi, count) => {
      const parameters = new Map<string, unknown>([
        ["param:vpcEndpointIds", endpoints],
        ["param:httpApi", httpApi],
      ]);
      const { Resources = {} } = await httpApiAlarms({
        resolveVariable: async (name) => parameters.get(name),
      });
      expect(Object.keys(Resources)).toHaveLength(count);
    },
  );

  it("a function that fails, or that Lambda has no room for, is told of, whichever it is", () => {
    expect(watched("Throttles")).toEqual(functionNames);
    expect([...watched("Errors"), ...REFUSING].sort()).toEqual(functionNames);
  });

  it("a message among dead letters is told of, whatever queue it lies in", () => {
    const deep = alarms
      .flatMap(metricsOf)
      .filter(({ MetricName }) => MetricName === "ApproximateNumberOfMessagesVisible");
    expect(deep.map((metric) => dimensionsOf(metric).QueueName).sort()).toEqual(
      queueNames.filter((name) => name.endsWith("dead-letters")).sort(),
    );
  });

  it("every alarm tells the topic", () => {
    const topic = stack.resource("AlarmTopic").physicalId;
    expect(alarms.length).toBeGreaterThan(8);
    for (const alarm of alarms)
      expect([alarm.logicalId, propertiesOf<Alarm>(alarm).AlarmActions]).toEqual([
        alarm.logicalId,
        [expect.stringContaining(topic)],
      ]);
  });

  it("no alarm takes more metrics than metric math does", () => {
    for (const alarm of alarms) expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
  });

  it.each(alarms.map((alarm) => [alarm.logicalId, metricsOf(alarm)] as const))(
    "%s watches metrics that something writes",
    (_name, metrics) => {
      expect(metrics.length).toBeGreaterThan(0);
      for (const metric of metrics) expect(isWritten(metric)).toEqual({ ...metric, isWritten: true });
    },
  );
});

describe("the dashboard", () => {
  const [board] = stack.resources("AWS::CloudWatch::Dashboard");
  const { widgets } = JSON.parse(String(board?.properties.DashboardBody));
  const shown: Metric[] = widgets.flatMap(({ properties }: { properties: { metrics?: unknown[][] } }) =>
    spelledOut(properties.metrics ?? []),
  );

  it.each([
    ["the ledger's lag", "AsyncEventAge", LEDGER],
    ["dead letters", "ApproximateNumberOfMessagesVisible", DEAD_LETTERS],
    ["the authorizer's failures", "AuthorizerFailed", SERVICE],
    ["how long events wait", "OldestEventAge", SERVICE],
    ["webhooks that arrive", "WebhookDelivered", SERVICE],
  ])("shows %s", (_what, name, dimensions) => {
    const found = shown.filter(({ MetricName }) => MetricName === name);
    expect(found.map(dimensionsOf)).toEqual([dimensions]);
  });

  it("is JSON, and shows metrics that something writes", () => {
    expect(shown.length).toBeGreaterThan(10);
    for (const metric of shown) expect(isWritten(metric)).toEqual({ ...metric, isWritten: true });
  });
});

/** What CloudWatch's short forms say: a dot is the same as above, three are all but the last. */
function spelledOut(rows: readonly unknown[][]): Metric[] {
  let above: string[] = [];
  return rows.map((row) => {
    const texts = row.filter((part): part is string => typeof part === "string");
    above =
      texts[0] === "..." ? above : texts.map((text, index) => (text === "." ? (above[index] ?? "") : text));
    const [Namespace = "", MetricName = "", ...pairs] = above;
    const Dimensions = pairs.flatMap((Name, index) =>
      index % 2 ? [] : [{ Name, Value: pairs[index + 1] ?? "" }],
    );
    return { Namespace, MetricName, Dimensions };
  });
}

function isWritten(metric: Metric): Metric & { readonly isWritten: boolean } {
  return { ...metric, isWritten: (WRITERS[metric.Namespace] ?? (() => false))(metric) };
}

function dimensionsOf({ Dimensions = [] }: Metric): Record<string, string> {
  return Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
}

const filtered = new Set(
  stack
    .resources("AWS::Logs::MetricFilter")
    .flatMap(({ properties }) => properties.MetricTransformations as { MetricName: string }[])
    .map(({ MetricName }) => MetricName),
);

const queueNames = stack.resources("AWS::SQS::Queue").map(({ properties }) => String(properties.QueueName));

const physicalIds = (type: string) => stack.resources(type).map(({ physicalId }) => physicalId);

/** Namespace → whether a metric of it is written, by AWS for a resource of the template or by our code. */
const WRITERS: Readonly<Record<string, (metric: Metric) => boolean>> = {
  "AWS/ApiGateway": (metric) => {
    const { ApiId, ApiName, Stage, ...others } = dimensionsOf(metric);
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    if (ApiId !== undefined)
      return ApiId === stack.ref("HttpApi") && ["5xx", "Latency"].includes(metric.MetricName) && !ApiName;
    const [api] = stack.resources("AWS::ApiGateway::RestApi");
    return ApiName === api?.properties.Name && Stage === "dev" && Object.keys(others).length === 0;
  },
  "AWS/Lambda": (metric) => functionNames.includes(String(dimensionsOf(metric).FunctionName)),
  "AWS/DynamoDB": (metric) =>
    physicalIds("AWS::DynamoDB::Table").includes(String(dimensionsOf(metric).TableName)),
  "AWS/SQS": (metric) => queueNames.includes(String(dimensionsOf(metric).QueueName)),
  Gatehouse: (metric) => {
    const { service, ...others } = dimensionsOf(metric);
    if (service === undefined) return filtered.has(metric.MetricName);
    const known = new Set<string>(FUNCTION_METRICS);
    return known.has(metric.MetricName) && service === "gatehouse-dev" && Object.keys(others).length === 0;
  },
};
