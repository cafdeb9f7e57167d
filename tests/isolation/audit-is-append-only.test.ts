import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { actAsFunction, startInProcessAws } from "../support/in-process-aws.ts";
import { compiledStack } from "../support/template.ts";

const RECORD = { pk: { S: "audit#2027-03" }, sk: { S: "2027-03-01T09:00:00.000Z#01JD" } };
const FUNCTIONS = compiledStack()
  .resources("AWS::Lambda::Function")
  .map(({ logicalId }) => logicalId);

let aws: LocalAws;
let TableName: string;
beforeAll(async () => {
  aws = await startInProcessAws();
  TableName = compiledStack().ref("ControlTable");
});
afterAll(() => aws.close());

/** What a call under a function's execution role is answered: the name of the refusal, or "allowed". */
async function outcomeOf(call: (client: DynamoDBClient) => Promise<unknown>): Promise<string> {
  try {
    await call(new DynamoDBClient({ maxAttempts: 1 }));
    return "allowed";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

const change = () => ({ TableName, Key: RECORD, UpdateExpression: "SET phase = :phase" });
const values = { ExpressionAttributeValues: { ":phase": { S: "undone" } } };

describe.each(FUNCTIONS)("%s cannot", (name) => {
  it.each<[string, (client: DynamoDBClient) => Promise<unknown>]>([
    [
      "change a record of the audit log",
      (client) => client.send(new UpdateItemCommand({ ...change(), ...values })),
    ],
    [
      "change one in a transaction",
      (client) =>
        client.send(
          new TransactWriteItemsCommand({ TransactItems: [{ Update: { ...change(), ...values } }] }),
        ),
    ],
    ["delete one", (client) => client.send(new DeleteItemCommand({ TableName, Key: RECORD }))],
    [
      "delete one in a transaction",
      (client) =>
        client.send(
          new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName, Key: RECORD } }] }),
        ),
    ],
    [
      "delete one in a batch",
      (client) =>
        client.send(
          new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key: RECORD } }] } }),
        ),
    ],
  ])("%s", async (_what, call) => {
    actAsFunction(aws, name);
    expect(await outcomeOf(call)).toBe("AccessDeniedException");
  });
});

it("a function that changes people or policies may append a record", async () => {
  for (const name of ["CreateUser", "AddUserToGroup", "RemoveUserFromGroup", "ManagePolicies"]) {
    actAsFunction(aws, `${name}LambdaFunction`);
    const put = new PutItemCommand({ TableName, Item: { ...RECORD, sk: { S: name } } });
    expect([name, await outcomeOf((client) => client.send(put))]).toEqual([name, "allowed"]);
  }
});

it("the audit trail's consumer appends what events told of tenants, and nothing that an operator could have done", async () => {
  actAsFunction(aws, "KeepAuditTrailLambdaFunction");
  const appended = (pk: string) =>
    outcomeOf((client) => client.send(new PutItemCommand({ TableName, Item: { ...RECORD, pk: { S: pk } } })));
  expect(await appended("audit#2027-03")).toBe("AccessDeniedException");
  expect(await appended(`audit#${newTenantId()}#2027-03`)).toBe("allowed");
});
