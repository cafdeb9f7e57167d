import {
  type DynamoDBDocumentClient,
  paginateQuery,
  QueryCommand,
  type QueryCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import type { Page } from "../../domain/page.ts";
import type { PlanName } from "../../domain/tenancy/plan.ts";
import type { TenantRecord, TenantStatus } from "../../domain/tenancy/tenant.ts";
import { BY_KIND, readTenant, TENANT_KIND, tenantPlace } from "./control-items.ts";
import { inTheirPlace } from "./listed-items.ts";

/** Which tenants to list, and where to go on. */
export interface TenantSearch {
  readonly status?: TenantStatus | undefined;
  readonly plan?: PlanName | undefined;
  /** What the slug begins with. */
  readonly slugPrefix?: string | undefined;
  /** The slug after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A filtered page is looked for among at most so many tenants, so that the request stays one small read. */
const EXAMINED_TENANTS = 500;

/** Slugs are of lower-case letters, digits and the hyphen, which come before it and after the other one. */
const AFTER_EVERY_SLUG = "~";
const BEFORE_EVERY_CHARACTER = "!";

/** The tenants of the ControlTable page by page; the index that lists them lags behind by a moment. */
export class TenantList {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /**
   * Tenants by slug. Under a filter on status or plan a page may hold fewer than asked for while there are
   * more to come: `next` says so.
   */
  async page(search: TenantSearch): Promise<Page<TenantRecord>> {
    const query = listQuery(search);
    if (!query) return { items: [], next: null };
    const found: TenantRecord[] = [];
    let position: QueryCommandOutput["LastEvaluatedKey"];
    let passedOver: boolean;
    do {
      const { Items = [], LastEvaluatedKey } = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          IndexName: BY_KIND,
          ...query,
          ExclusiveStartKey: position,
        }),
      );
      const tenants = inTheirPlace(Items, tenantPlace);
      found.push(...tenants.map(readTenant));
      position = LastEvaluatedKey;
      // Such an item's slug is whatever it says, and a page that ended there would go on after it.
      passedOver = tenants.length < Items.length;
    } while (passedOver && position && found.length <= search.limit);
    const page = found.slice(0, search.limit);
    const next = found.length > search.limit ? page.at(-1)?.slug : position?.kindSort;
    return { items: page, next: next ?? null };
  }
}

/** Undefined when the bounds leave nothing between them, which DynamoDB would refuse. */
function listQuery({ status, plan, slugPrefix = "", after = "", limit }: TenantSearch) {
  const earliest = after >= slugPrefix && after !== "" ? `${after}${BEFORE_EVERY_CHARACTER}` : slugPrefix;
  const latest = `${slugPrefix}${AFTER_EVERY_SLUG}`;
  if (earliest > latest) return undefined;
  const filters = [status && "#status = :status", plan && "#plan = :plan"].filter(Boolean);
  return {
    KeyConditionExpression: "kind = :kind AND kindSort BETWEEN :earliest AND :latest",
    ExpressionAttributeValues: {
      ":kind": TENANT_KIND,
      // No key may be empty.
      ":earliest": earliest || BEFORE_EVERY_CHARACTER,
      ":latest": latest,
      ...(status && { ":status": status }),
      ...(plan && { ":plan": plan }),
    },
    ...(filters.length > 0 && {
      FilterExpression: filters.join(" AND "),
      ExpressionAttributeNames: { ...(status && { "#status": "status" }), ...(plan && { "#plan": "plan" }) },
    }),
    Limit: filters.length > 0 ? Math.max(limit + 1, EXAMINED_TENANTS) : limit + 1,
  };
}

/** All tenants of the ControlTable by slug. */
export async function allTenants(client: DynamoDBDocumentClient, TableName: string): Promise<TenantRecord[]> {
  const tenants: TenantRecord[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName,
      IndexName: BY_KIND,
      KeyConditionExpression: "kind = :kind",
      ExpressionAttributeValues: { ":kind": TENANT_KIND },
    },
  );
  for await (const { Items = [] } of pages) tenants.push(...inTheirPlace(Items, tenantPlace).map(readTenant));
  return tenants;
}
