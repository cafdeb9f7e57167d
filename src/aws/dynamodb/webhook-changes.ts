import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { ExpectedVersion } from "../../domain/entity-version.ts";
import type { IdempotencyKey, Outcome } from "../../domain/idempotency.ts";
import { Refusal } from "../../domain/refusal.ts";
import type { SealedSecret } from "../../domain/secrets/sealed-secret.ts";
import type { WebhookEndpoint, WebhookId } from "../../domain/webhooks/endpoint.ts";
import { MOST_ENDPOINTS } from "../../domain/webhooks/new-endpoint.ts";
import type { WebhookChanges } from "../../generated/webhook-changes.d.ts";
import { failedConditionAt, metAnotherWrite } from "./conditional-write.ts";
import { writeOnce } from "./idempotent-write.ts";
import { tenantClient } from "./tenant-client.ts";
import { versionCondition } from "./version-condition.ts";
import { webhookCountKey, webhookItem, webhookKey, webhookOf } from "./webhook-items.ts";
import { webhookUpdate } from "./webhook-update.ts";
import { whileContended } from "./write-together.ts";

const NO_SUCH_WEBHOOK = "There is no such webhook.";
const CHANGED = "The webhook was changed in the meantime; read it again.";

/** What a tenant does to its endpoints; each method is one call to DynamoDB. */
export function webhookChangesOf(tenant: ReachedTenant) {
  const client = tenantClient(tenant);
  const TableName = config.dataTable();
  const keyOf = (webhookId: WebhookId) => webhookKey(tenant.tenantId, webhookId);
  const count = (change: 1 | -1) => ({
    TableName,
    Key: webhookCountKey(tenant.tenantId),
    UpdateExpression: "ADD endpoints :change",
    ...(change > 0 && { ConditionExpression: "attribute_not_exists(endpoints) OR endpoints < :most" }),
    ExpressionAttributeValues: { ":change": change, ...(change > 0 && { ":most": MOST_ENDPOINTS }) },
  });

  return {
    /**
     * Adds an endpoint, if the tenant has fewer than it may have. What is remembered under the key is the endpoint as
     * it is stored: a secret is nowhere in it but sealed. Throws a Refusal `conflict`, or one of {@link writeOnce}.
     */
    async add(endpoint: WebhookEndpoint, key?: IdempotencyKey): Promise<Outcome<WebhookEndpoint>> {
      const Put = {
        TableName,
        Item: webhookItem(endpoint),
        ConditionExpression: "attribute_not_exists(pk)",
      };
      try {
        return await writeOnce(tenant, key, endpoint, [{ Put }, { Update: count(1) }]);
      } catch (error) {
        if (failedConditionAt(1, error))
          throw new Refusal("conflict", `A tenant may have ${MOST_ENDPOINTS} webhooks.`);
        throw error;
      }
    },

    /** Throws a Refusal `not-found`, `precondition-failed` or `busy`. */
    change(
      webhookId: WebhookId,
      changes: WebhookChanges,
      expected: ExpectedVersion,
    ): Promise<WebhookEndpoint> {
      const update = {
        TableName,
        Key: keyOf(webhookId),
        ...webhookUpdate(changes, expected),
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      } as const;
      // A secret may be rotated, or the endpoint paused, in a transaction at the same moment.
      return whileContended(async () => {
        try {
          const { Attributes } = await client.send(new UpdateCommand(update));
          return webhookOf(Attributes as WebhookEndpoint);
        } catch (error) {
          if (metAnotherWrite(error)) return "contended";
          throw error instanceof ConditionalCheckFailedException ? explain(error.Item) : error;
        }
      });
    },

    /** Throws a Refusal `not-found` or `precondition-failed`. */
    async remove(webhookId: WebhookId, expected: ExpectedVersion): Promise<void> {
      const Delete = {
        TableName,
        Key: keyOf(webhookId),
        ...versionCondition(expected),
        ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
      };
      try {
        await writeOnce(tenant, undefined, undefined, [{ Delete }, { Update: count(-1) }]);
      } catch (error) {
        const failed = failedConditionAt(0, error);
        throw failed ? explain(failed.Item) : error;
      }
    },

    /** Puts other secrets in place of those of the version that was read. Throws a Refusal `conflict`. */
    async replaceSecrets(
      { webhookId, version }: WebhookEndpoint,
      secrets: readonly SealedSecret[],
      key?: IdempotencyKey,
    ): Promise<Outcome<readonly SealedSecret[]>> {
      const Update = {
        TableName,
        Key: keyOf(webhookId),
        UpdateExpression: "SET secrets = :secrets, version = :next",
        ConditionExpression: "version = :version",
        ExpressionAttributeValues: { ":secrets": secrets, ":version": version, ":next": version + 1 },
      };
      try {
        return await writeOnce(tenant, key, secrets, [{ Update }]);
      } catch (error) {
        throw failedConditionAt(0, error) ? new Refusal("conflict", CHANGED) : error;
      }
    },
  };
}

/** @param met the endpoint that a failed condition was judged by */
function explain(met: object | undefined): Refusal {
  return met ? new Refusal("precondition-failed", CHANGED) : new Refusal("not-found", NO_SUCH_WEBHOOK);
}
