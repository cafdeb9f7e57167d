import type { ExpectedVersion } from "../../domain/entity-version.ts";
import type { WebhookChanges } from "../../generated/webhook-changes.d.ts";
import { versionCondition } from "./version-condition.ts";

const PAUSED_BY_TENANT = "Paused by the tenant.";

/** One write that applies the changes if the endpoint is of an expected version. */
export function webhookUpdate(changes: WebhookChanges, expected: ExpectedVersion) {
  const condition = versionCondition(expected);
  const set = Object.entries({
    ...changes,
    ...(changes.status === "paused" && { pausedBecause: PAUSED_BY_TENANT }),
  }).filter(([, value]) => value !== undefined && value !== null);
  const removed = removedBy(changes);
  const assignments = set.map(([name]) => `#${name} = :${name}`);
  const remove = removed.length > 0 ? ` REMOVE ${removed.map((name) => `#${name}`).join(", ")}` : "";
  return {
    UpdateExpression: `SET ${[...assignments, "#version = #version + :one"].join(", ")}${remove}`,
    ConditionExpression: condition.ConditionExpression,
    ExpressionAttributeNames: {
      ...condition.ExpressionAttributeNames,
      "#version": "version",
      ...Object.fromEntries([...set.map(([name]) => name), ...removed].map((name) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ...condition.ExpressionAttributeValues,
      ":one": 1,
      ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
    },
  };
}

/** Earlier failures say nothing of another address, nor of an endpoint that its tenant has mended. */
function removedBy({ description, status, url }: WebhookChanges): string[] {
  return [
    ...(description === null ? ["description"] : []),
    ...(status === "active" ? ["pausedBecause"] : []),
    ...(status === "active" || url !== undefined ? ["failingSince", "consecutiveFailures"] : []),
  ];
}
