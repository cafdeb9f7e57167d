import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import type { PolicyDocument } from "../../domain/access/policy-document.ts";
import type { PolicyRecord } from "../../domain/access/policy-record.ts";
import { type Actor, type AuditedState, SubjectAuditor } from "../../domain/audit.ts";
import type { ExpectedVersion } from "../../domain/entity-version.ts";
import { Refusal } from "../../domain/refusal.ts";
import { systemClock } from "../../domain/tenancy/lease.ts";
import { FUNCTION_CALL } from "../time-limits.ts";
import { auditItem } from "./audit-items.ts";
import { conditionsHold } from "./conditional-write.ts";
import { BY_KIND, type Item } from "./control-items.ts";
import { inTheirPlace } from "./listed-items.ts";
import { POLICY_KIND, policyItem, policyKey, policyPlace, readPolicy } from "./policy-items.ts";

const IS_NEW = "attribute_not_exists(pk)";

/** The policies of groups, in the ControlTable. */
export class PolicyStore {
  readonly #table: string;
  readonly #documents: DynamoDBDocumentClient;

  constructor(table: string) {
    this.#table = table;
    this.#documents = DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL));
  }

  /** All of them by the groups' names; a policy that has just been put may be missing or old. */
  async list(): Promise<PolicyRecord[]> {
    const records: PolicyRecord[] = [];
    let position: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await this.#documents.send(
        new QueryCommand({
          TableName: this.#table,
          IndexName: BY_KIND,
          KeyConditionExpression: "kind = :kind",
          ExpressionAttributeValues: { ":kind": POLICY_KIND },
          ExclusiveStartKey: position,
        }),
      );
      records.push(...inTheirPlace(Items, policyPlace).map(readPolicy));
      position = LastEvaluatedKey;
    } while (position);
    return records;
  }

  async find(group: string): Promise<PolicyRecord | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: policyKey(group), ConsistentRead: true }),
    );
    return Item && readPolicy(Item);
  }

  /** Throws a Refusal `not-found`. */
  async get(group: string): Promise<PolicyRecord> {
    const record = await this.find(group);
    if (!record) throw new Refusal("not-found", "There is no such policy.");
    return record;
  }

  /**
   * Puts a group's policy in place of the version that the caller has read, with its audit record in the
   * same transaction; without `expected` only a first one. Throws a Refusal `precondition-failed` or `precondition-required`.
   */
  async put(
    group: string,
    document: PolicyDocument,
    { actor, expected }: { readonly actor: Actor; readonly expected: ExpectedVersion | undefined },
  ): Promise<PolicyRecord> {
    const before = await this.find(group);
    if (expected === undefined && before)
      throw new Refusal(
        "precondition-required",
        "The group has a policy; send If-Match with the ETag of the version that you have read.",
      );
    if (expected !== undefined && !(before && (expected === "any" || expected.includes(before.version))))
      throw changed();
    const version = (before?.version ?? 0) + 1;
    const updatedAt = new Date(systemClock.now()).toISOString();
    const record = { group, document, version, updatedAt, updatedBy: `${actor.name} (${actor.id})` };
    const auditor = new SubjectAuditor(actor, systemClock, { action: "policy.put", group });
    const audit = auditor.changed(before ? stateOf(before) : {}, stateOf(record));
    const TransactItems = [
      { Put: { ...this.#put(policyItem(record)), ...unchangedSince(before) } },
      { Put: { ...this.#put(auditItem(audit)), ConditionExpression: IS_NEW } },
    ];
    const written = await conditionsHold(() =>
      this.#documents.send(new TransactWriteCommand({ TransactItems })),
    );
    if (!written) throw changed();
    return record;
  }

  #put(Item: Item) {
    return { TableName: this.#table, Item };
  }
}

function unchangedSince(before: PolicyRecord | undefined) {
  return before
    ? {
        ConditionExpression: "version = :version",
        ExpressionAttributeValues: { ":version": before.version },
      }
    : { ConditionExpression: IS_NEW };
}

/** What the audit log keeps of a policy: all of it, since no older version is kept anywhere else. */
function stateOf({ version, document }: PolicyRecord): AuditedState {
  return { version: String(version), document: JSON.stringify(document) };
}

function changed(): Refusal {
  return new Refusal("precondition-failed", "The policy has been changed since; read it again.");
}
