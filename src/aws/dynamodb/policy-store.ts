import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { PolicyDocument } from "../../domain/access/policy-document.ts";
import type { PolicyRecord } from "../../domain/access/policy-record.ts";
import type { ExpectedVersion } from "../../domain/entity-version.ts";
import { Refusal } from "../../domain/refusal.ts";
import { FUNCTION_CALL } from "../time-limits.ts";
import { conditionsHold } from "./conditional-write.ts";
import { BY_KIND } from "./control-items.ts";
import { POLICY_KIND, policyKey, readPolicy } from "./policy-items.ts";

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
      records.push(...Items.map(readPolicy));
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
   * Puts a group's policy in place of the version that the caller has read; without `expected` only a first
   * one. Throws a Refusal `precondition-failed` or `precondition-required`.
   */
  async put(
    group: string,
    document: PolicyDocument,
    { by, expected }: { readonly by: string; readonly expected: ExpectedVersion | undefined },
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
    const record = { group, document, version, updatedAt: new Date().toISOString(), updatedBy: by };
    const written = await conditionsHold(() =>
      this.#documents.send(
        new PutCommand({
          TableName: this.#table,
          Item: {
            ...policyKey(group),
            kind: POLICY_KIND,
            kindSort: group,
            ...record,
            document: JSON.stringify(document),
          },
          ...(before
            ? {
                ConditionExpression: "version = :version",
                ExpressionAttributeValues: { ":version": before.version },
              }
            : { ConditionExpression: "attribute_not_exists(pk)" }),
        }),
      ),
    );
    if (!written) throw changed();
    return record;
  }
}

function changed(): Refusal {
  return new Refusal("precondition-failed", "The policy has been changed since; read it again.");
}
