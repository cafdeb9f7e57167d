import { GetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { config } from "../../config.ts";
import type { ReachedTenant } from "../../domain/access/verified-tenant.ts";
import type { IdempotencyKey, Outcome } from "../../domain/idempotency.ts";
import { accountOf } from "../../domain/loyalty/account.ts";
import type { CustomerId } from "../../domain/loyalty/transaction.ts";
import { domainEvent } from "../../domain/messaging/domain-event.ts";
import type { Page } from "../../domain/page.ts";
import { Refusal } from "../../domain/refusal.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import type { LoyaltyAccount } from "../../generated/loyalty-account.d.ts";
import type { LoyaltyTransaction } from "../../generated/loyalty-transaction.d.ts";
import { failedConditionAt } from "./conditional-write.ts";
import { writeOnce } from "./idempotent-write.ts";
import { outboxPut } from "./outbox-items.ts";
import { tenantClient } from "./tenant-client.ts";

const LEDGER = "transaction#";
const NO_SUCH_ACCOUNT = "There is no such loyalty account.";

/** The account and its ledger share a partition: one read gives either, one transaction writes both. */
export function loyaltyPartition(tenantId: TenantId, customerId: string): string {
  return `${tenantId}#loyalty#${customerId}`;
}

/** An entry of the ledger as it lies in DataTable. */
export function ledgerItem(tenantId: TenantId, transaction: LoyaltyTransaction) {
  return {
    pk: loyaltyPartition(tenantId, transaction.customerId),
    sk: `${LEDGER}${transaction.transactionId}`,
    ...transaction,
  };
}

/** The balance as it lies in DataTable. */
export function accountItem(tenantId: TenantId, customerId: CustomerId, points: number) {
  return { ...accountKey(tenantId, customerId), points };
}

function accountKey(tenantId: TenantId, customerId: CustomerId) {
  return { pk: loyaltyPartition(tenantId, customerId), sk: "account" };
}

/** The tenant's loyalty accounts; each method is one call to DynamoDB. */
export function loyaltyOf(tenant: ReachedTenant) {
  const client = tenantClient(tenant);
  const TableName = config.dataTable();

  return {
    /** Throws a Refusal `not-found`. */
    async account(customerId: CustomerId): Promise<LoyaltyAccount> {
      const Key = accountKey(tenant.tenantId, customerId);
      const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      if (!Item) throw new Refusal("not-found", NO_SUCH_ACCOUNT);
      return accountOf(Item.points);
    },

    /**
     * Books points once: the ledger's entry, the balance and the event that tells of it change together, and
     * the balance never goes below zero. Throws a Refusal `not-found`, `insufficient-points`, or one of {@link writeOnce}.
     */
    async book(transaction: LoyaltyTransaction, key: IdempotencyKey): Promise<Outcome<LoyaltyTransaction>> {
      const Item = ledgerItem(tenant.tenantId, transaction);
      try {
        return await writeOnce(tenant, key, transaction, [
          { Update: { TableName, ...balanceChange(tenant.tenantId, transaction) } },
          { Put: { TableName, Item, ConditionExpression: "attribute_not_exists(pk)" } },
          outboxPut(domainEvent("loyalty.points_moved", tenant.tenantId, transaction)),
        ]);
      } catch (error) {
        throw explainFailedBooking(error);
      }
    },

    /** Newest first. An account has at least one entry, so an empty ledger is none: Refusal `not-found`. */
    async transactions(
      customerId: CustomerId,
      { after, limit }: { after?: string | undefined; limit: number },
    ): Promise<Page<LoyaltyTransaction>> {
      const pk = loyaltyPartition(tenant.tenantId, customerId);
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :ledger)",
          ExpressionAttributeValues: { ":pk": pk, ":ledger": LEDGER },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: limit + 1,
          ...(after && { ExclusiveStartKey: { pk, sk: `${LEDGER}${after}` } }),
        }),
      );
      if (Items.length === 0 && !after) throw new Refusal("not-found", NO_SUCH_ACCOUNT);
      const items = Items.slice(0, limit).map((item) => transactionOfItem(item as LoyaltyTransaction));
      return { items, next: Items.length > limit ? (items.at(-1)?.transactionId ?? null) : null };
    },
  };
}

/** An account comes into being with the first points that it earns; points are redeemed only where they are. */
function balanceChange(tenantId: TenantId, { customerId, type, points }: LoyaltyTransaction) {
  return {
    Key: accountKey(tenantId, customerId as CustomerId),
    UpdateExpression: "ADD points :change",
    ExpressionAttributeValues:
      type === "earn" ? { ":change": points } : { ":change": -points, ":points": points },
    ...(type === "redeem" && { ConditionExpression: "points >= :points" }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
}

function explainFailedBooking(error: unknown): unknown {
  const ofBalance = failedConditionAt(0, error);
  if (!ofBalance) return error;
  return ofBalance.Item
    ? new Refusal("insufficient-points", "The account does not hold that many points.")
    : new Refusal("not-found", NO_SUCH_ACCOUNT);
}

function transactionOfItem(item: LoyaltyTransaction): LoyaltyTransaction {
  const { transactionId, customerId, type, points, reason, createdAt } = item;
  return { transactionId, customerId, type, points, reason, createdAt };
}
