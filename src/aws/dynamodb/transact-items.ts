import { type DynamoDBDocumentClient, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { conditionsHold } from "./conditional-write.ts";

/** The items of a TransactWriteItems. */
export type Writes = NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]["TransactItems"]>;
/** What an update of a known item says. */
export type Update = Omit<NonNullable<Writes[number]["Update"]>, "TableName" | "Key">;

/** Writes all or nothing. False when a condition did not hold. */
export function transact(client: DynamoDBDocumentClient, TransactItems: Writes): Promise<boolean> {
  return conditionsHold(() => client.send(new TransactWriteCommand({ TransactItems })));
}
