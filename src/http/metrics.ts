import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { APIGatewayProxyEvent } from "aws-lambda";
import type { EventRefusalReason } from "../domain/messaging/event-refusal.ts";
import type { Consumer, Producer } from "../domain/messaging/event-type.ts";
import type { ProblemCode } from "./problem.ts";

/**
 * What is counted beyond what API Gateway and Lambda count by themselves: refusals by the function of what
 * the gateway had let in, each a sign of a hole or of an attack, and failures. A request that is answered
 * well costs nothing.
 */
const COUNTED: Partial<Readonly<Record<ProblemCode, string>>> = {
  unauthorized: "TokenRefused",
  "insufficient-scope": "ScopeMissing",
  "foreign-api-key": "KeyMismatch",
  "not-in-group": "GroupMissing",
  "unknown-principal": "PrincipalRefused",
  "unverified-message": "HookRefused",
  internal: "Failed",
  unavailable: "Failed",
  busy: "Failed",
};

/** Functions that throw to say no, so that their errors do not tell when they fail themselves. */
const FAILURES = ["AuthorizerFailed", "TokenTriggerFailed"] as const;

/** Keys whose calls ledger and usage plans count differently, once a day. */
const LEDGER_DIFFERENCES = "LedgerDifferences";

/** What becomes of webhooks on their way to tenants, and how long the ones that arrive take. */
const WEBHOOKS = ["WebhookDelivered", "WebhookRetried", "WebhookFailed", "WebhookPaused"] as const;
const WEBHOOK_LATENCY = "WebhookLatency";

/** Events that a consumer did not believe. */
const EVENT_REFUSED = "EventRefused";

/** What became of the events in the outbox. */
const RELAYED = { sent: "EventsSent", deadLettered: "EventsDeadLettered", failed: "EventsFailed" } as const;

/** How long the oldest event in the outbox has waited. */
const OLDEST_EVENT = "OldestEventAge";

/** All that functions count, each with the dimension `service` alone among others. */
export const FUNCTION_METRICS: readonly string[] = [
  ...new Set(Object.values(COUNTED)),
  ...FAILURES,
  LEDGER_DIFFERENCES,
  ...WEBHOOKS,
  WEBHOOK_LATENCY,
  EVENT_REFUSED,
  ...Object.values(RELAYED),
  OLDEST_EVENT,
];

/** Who called and what for; ids are fields of the line and no dimensions, since there is no end of them. */
export interface ProblemFields {
  readonly requestId: string;
  readonly plan?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly person?: string | undefined;
  /** An AWS principal's ARN. */
  readonly callerArn?: string | undefined;
}

let metrics: Metrics | undefined;

/** Counts a problem, for all of the service and by plan and route (Embedded Metric Format). */
export function countProblem(
  code: ProblemCode,
  event: APIGatewayProxyEvent,
  { plan = "none", ...ids }: ProblemFields,
): void {
  const name = COUNTED[code];
  if (name === undefined) return;
  count(name, { plan, route: routeOf(event) }, ids);
}

/** Counts a failure of the admin API's authorizer, or of the trigger that Cognito asks before it issues a token. */
export function countFailure(name: (typeof FAILURES)[number]): void {
  count(name, {}, {});
}

/** Tells how many keys differ; none is told too, so that an alarm ends. */
export function countLedgerDifferences(keys: number): void {
  count(LEDGER_DIFFERENCES, {}, {}, keys);
}

/** Counts an attempt to deliver a webhook, or an endpoint that was paused. */
export function countWebhook(
  name: (typeof WEBHOOKS)[number],
  ids: { readonly tenantId: string; readonly webhookId: string },
): void {
  count(name, {}, ids);
}

/** Tells how long an endpoint took to answer, in milliseconds. */
export function measureWebhook(milliseconds: number): void {
  count(WEBHOOK_LATENCY, {}, {}, milliseconds, MetricUnit.Milliseconds);
}

/** Counts an event that was refused, by consumer and reason: few of either. */
export function countRefusedEvent(consumer: Consumer, reason: EventRefusalReason): void {
  count(EVENT_REFUSED, { consumer, reason }, {});
}

/** Counts what became of a batch of a producer's events, as far as there are any. */
export function countRelayedEvents(
  producer: Producer,
  became: Readonly<Record<keyof typeof RELAYED, number>>,
): void {
  for (const outcome of ["sent", "deadLettered", "failed"] as const)
    if (became[outcome] > 0) count(RELAYED[outcome], { producer }, {}, became[outcome]);
}

/** Tells how long a producer's oldest event has waited; that none waits is told too, so that an alarm ends. */
export function tellOldestEvent(producer: Producer, milliseconds: number): void {
  count(OLDEST_EVENT, { producer }, {}, milliseconds, MetricUnit.Milliseconds);
}

function count(
  name: string,
  where: Readonly<Record<string, string>>,
  ids: Readonly<Record<string, string | undefined>>,
  value = 1,
  unit: (typeof MetricUnit)[keyof typeof MetricUnit] = MetricUnit.Count,
): void {
  metrics ??= new Metrics({ namespace: "Gatehouse" });
  // One set of dimensions with the service alone, which alarms watch, and one that tells where to look.
  metrics.addDimensions({});
  if (Object.keys(where).length > 0) metrics.addDimensions({ ...where });
  metrics.addMetric(name, unit, value);
  for (const [field, id] of Object.entries(ids)) if (id !== undefined) metrics.addMetadata(field, id);
  metrics.publishStoredMetrics();
}

const ROUTE = /^[A-Z]{3,7} \/[\w{}/+-]{0,100}$/;

/** A forged event must not make up dimensions. */
function routeOf({ httpMethod, resource }: APIGatewayProxyEvent): string {
  const route = `${httpMethod} ${resource}`;
  return ROUTE.test(route) ? route : "unknown";
}
