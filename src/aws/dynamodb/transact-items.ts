import type { TransactWriteCommand } from "@aws-sdk/lib-dynamodb";

/** The items of a TransactWriteItems. */
export type Writes = NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]["TransactItems"]>;
/** What an update of a known item says. */
export type Update = Omit<NonNullable<Writes[number]["Update"]>, "TableName" | "Key">;
