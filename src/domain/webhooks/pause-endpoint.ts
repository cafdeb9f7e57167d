import { domainEvent } from "../messaging/domain-event.ts";
import { type AttemptOutcome, verdictOn } from "./attempt-outcome.ts";
import type { DeliveryPorts } from "./delivery-ports.ts";
import type { WebhookEndpoint } from "./endpoint.ts";
import { isToBePaused, PAUSED_FOR_FAILING, PAUSED_FOR_GONE } from "./endpoint-health.ts";

/**
 * Counts a failed attempt, and pauses its endpoint if that is the end of it. Whether it was paused: not if it was
 * changed or paused in the meantime, by its tenant or by another attempt.
 *
 * @param at when the attempt began, RFC 3339 in UTC
 */
export async function pauseIfHopeless(
  endpoint: WebhookEndpoint,
  outcome: AttemptOutcome,
  at: string,
  ports: Pick<DeliveryPorts, "failed" | "pause" | "now">,
): Promise<boolean> {
  const now = await ports.failed(endpoint, at);
  if (now?.status !== "active") return false;
  const because = reasonToPause(now, outcome, Date.parse(at));
  if (because === undefined) return false;
  const { tenantId, webhookId, url } = now;
  const event = domainEvent("webhook.paused", tenantId, { webhookId, url, reason: because }, ports.now());
  return ports.pause(now, because, event);
}

function reasonToPause(
  endpoint: WebhookEndpoint,
  outcome: AttemptOutcome,
  attemptedAt: number,
): string | undefined {
  if (verdictOn(outcome) === "gone") return PAUSED_FOR_GONE;
  return isToBePaused(endpoint, attemptedAt) ? PAUSED_FOR_FAILING : undefined;
}
