import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  paginateQuery,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { Due, DueTasks } from "../../domain/tenancy/due.ts";
import { conditionsHold } from "./conditional-write.ts";
import { BY_KIND } from "./control-items.ts";
import { DUE_KIND, dueAttributes, dueKey, duePlace, dueUntil, readDue } from "./due-items.ts";
import { inTheirPlace } from "./listed-items.ts";

const AS_SEEN = "kindSort = :seen";

/** What is due in the ControlTable, found by one Query of its index. */
export class DynamoDueTasks implements DueTasks {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async dueBy(now: number, limit: number): Promise<Due[]> {
    const found: Due[] = [];
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        IndexName: BY_KIND,
        KeyConditionExpression: "kind = :due AND kindSort < :until",
        ExpressionAttributeValues: { ":due": DUE_KIND, ":until": dueUntil(now) },
      },
    );
    for await (const { Items = [] } of pages) {
      found.push(...inTheirPlace(Items, duePlace).map(readDue));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  async remove(due: Due): Promise<void> {
    await conditionsHold(() =>
      this.#client.send(
        new DeleteCommand({
          TableName: this.#table,
          Key: dueKey(due.tenantId, due.task),
          ConditionExpression: AS_SEEN,
          ExpressionAttributeValues: { ":seen": seen(due) },
        }),
      ),
    );
  }

  async postpone(due: Due, { at, attempts }: Pick<Due, "at" | "attempts">): Promise<void> {
    const { kindSort, dueAt } = dueAttributes(due.tenantId, due.task, at);
    await conditionsHold(() =>
      this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: dueKey(due.tenantId, due.task),
          UpdateExpression: "SET kindSort = :kindSort, dueAt = :dueAt, attempts = :attempts",
          ConditionExpression: AS_SEEN,
          ExpressionAttributeValues: {
            ":kindSort": kindSort,
            ":dueAt": dueAt,
            ":attempts": attempts,
            ":seen": seen(due),
          },
        }),
      ),
    );
  }
}

const seen = ({ tenantId, task, at }: Due): string => dueAttributes(tenantId, task, at).kindSort;
