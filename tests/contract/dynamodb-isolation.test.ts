import {
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DynamoDb } from "../../scripts/local-aws/dynamodb/dynamodb.ts";
import { dataTable, DATA_TABLE as TableName } from "./support/data-table.ts";
import {
  ACCOUNT,
  REGION,
  ROOT_CREDENTIALS,
  role,
  roleArn,
  StillClock,
  serveWithSts,
  stackOf,
  trusting,
} from "./support/tenant-stack.ts";

const account = trusting({ AWS: `arn:aws:iam::${ACCOUNT}:root` });
const tableArn = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${TableName}`;
const stack = stackOf({
  Data: dataTable(),
  Tenant: role(
    "tenant",
    [
      {
        Effect: "Allow",
        Action: [
          "dynamodb:GetItem",
          "dynamodb:BatchGetItem",
          "dynamodb:Query",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
          "dynamodb:DeleteItem",
          "dynamodb:BatchWriteItem",
          "dynamodb:ConditionCheckItem",
        ],
        Resource: [{ "Fn::GetAtt": ["Data", "Arn"] }, { "Fn::Sub": `\${Data.Arn}/index/*` }],
        Condition: {
          "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`\${aws:PrincipalTag/TenantId}#*`] },
          Null: { "dynamodb:LeadingKeys": "false" },
        },
      },
    ],
    [account],
  ),
  Table: role(
    "table",
    [{ Effect: "Allow", Action: "dynamodb:*", Resource: { "Fn::GetAtt": ["Data", "Arn"] } }],
    [account],
  ),
  Names: role(
    "names",
    [
      {
        Effect: "Allow",
        Action: ["dynamodb:GetItem", "dynamodb:Query"],
        Resource: "*",
        Condition: {
          "ForAllValues:StringEquals": { "dynamodb:Attributes": ["pk", "sk", "name"] },
          StringEqualsIfExists: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
        },
      },
    ],
    [account],
  ),
});

let local: Awaited<ReturnType<typeof serveWithSts>>;
let own: DynamoDBDocumentClient;
let untagged: DynamoDBDocumentClient;
let names: DynamoDBDocumentClient;
let admin: DynamoDBDocumentClient;

beforeAll(async () => {
  let dynamoDb: DynamoDb | undefined;
  const clock = new StillClock();
  local = await serveWithSts(stack, clock, ({ authorize }) => {
    dynamoDb = DynamoDb.open({ directory: undefined, stack, clock, authorize });
    return [dynamoDb];
  });
  await dynamoDb?.deploy();
  admin = documents(ROOT_CREDENTIALS);
  own = await as("tenant", "ten_a");
  untagged = await as("tenant");
  names = await as("names");
  for (const tenant of ["ten_a", "ten_b"])
    await admin.send(new PutCommand({ TableName, Item: item(tenant) }));
});
afterAll(() => local.close());

const item = (tenant: string) => ({
  pk: `${tenant}#flights`,
  sk: "1",
  gpk: `${tenant}#LHR`,
  gsk: "1",
  rank: 1,
  name: tenant,
});
const keyOf = (tenant: string) => ({ pk: `${tenant}#flights`, sk: "1" });

function documents(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) {
  const client = new DynamoDBClient({
    region: REGION,
    endpoint: local.endpoint,
    credentials,
    maxAttempts: 1,
  });
  return DynamoDBDocumentClient.from(client);
}

async function as(roleName: string, tenant?: string) {
  const sts = new STSClient({ region: REGION, endpoint: local.endpoint, credentials: ROOT_CREDENTIALS });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn(roleName),
      RoleSessionName: "s1",
      ...(tenant && { Tags: [{ Key: "TenantId", Value: tenant }] }),
    }),
  );
  return documents({
    accessKeyId: Credentials?.AccessKeyId ?? "",
    secretAccessKey: Credentials?.SecretAccessKey ?? "",
    sessionToken: Credentials?.SessionToken ?? "",
  });
}

/** Every way to touch the items of the given tenants, with each tenant's key in it. */
const TOUCHES: Record<string, (db: DynamoDBDocumentClient, tenants: readonly string[]) => Promise<unknown>> =
  {
    GetItem: (db, [tenant = ""]) => db.send(new GetCommand({ TableName, Key: keyOf(tenant) })),
    PutItem: (db, [tenant = ""]) => db.send(new PutCommand({ TableName, Item: item(tenant) })),
    UpdateItem: (db, [tenant = ""]) =>
      db.send(
        new UpdateCommand({
          TableName,
          Key: keyOf(tenant),
          UpdateExpression: "SET seen = :s",
          ExpressionAttributeValues: { ":s": 1 },
        }),
      ),
    DeleteItem: (db, [tenant = ""]) =>
      db.send(new DeleteCommand({ TableName, Key: { pk: `${tenant}#x`, sk: "0" } })),
    Query: (db, [tenant = ""]) => db.send(queryFor("pk", `${tenant}#flights`)),
    "Query with names and values": (db, [tenant = ""]) =>
      db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: "begins_with(#s, :one) AND #p = :p",
          ExpressionAttributeNames: { "#p": "pk", "#s": "sk" },
          ExpressionAttributeValues: { ":p": `${tenant}#flights`, ":one": "ten_a#" },
        }),
      ),
    "Query with KeyConditions": (db, [tenant = ""]) =>
      db.send(
        new QueryCommand({
          TableName,
          KeyConditions: { pk: { ComparisonOperator: "EQ", AttributeValueList: [`${tenant}#flights`] } },
        }),
      ),
    "Query on a global index": (db, [tenant = ""]) => db.send(queryFor("gpk", `${tenant}#LHR`, "byGroup")),
    "Query on a local index": (db, [tenant = ""]) => db.send(queryFor("pk", `${tenant}#flights`, "byRank")),
    BatchGetItem: (db, tenants) =>
      db.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: tenants.map(keyOf) } } })),
    "BatchWriteItem of puts": (db, tenants) =>
      db.send(
        new BatchWriteCommand({
          RequestItems: { [TableName]: tenants.map((tenant) => ({ PutRequest: { Item: item(tenant) } })) },
        }),
      ),
    "BatchWriteItem of deletes": (db, tenants) =>
      db.send(
        new BatchWriteCommand({
          RequestItems: {
            [TableName]: tenants.map((tenant) => ({
              DeleteRequest: { Key: { pk: `${tenant}#x`, sk: "0" } },
            })),
          },
        }),
      ),
    TransactGetItems: (db, tenants) =>
      db.send(
        new TransactGetCommand({
          TransactItems: tenants.map((tenant) => ({ Get: { TableName, Key: keyOf(tenant) } })),
        }),
      ),
    "TransactWriteItems of a Put": (db, tenants) =>
      db.send(
        new TransactWriteCommand({
          TransactItems: tenants.map((tenant) => ({ Put: { TableName, Item: item(tenant) } })),
        }),
      ),
    "TransactWriteItems of an Update": (db, tenants) =>
      db.send(
        new TransactWriteCommand({
          TransactItems: tenants.map((tenant) => ({
            Update: {
              TableName,
              Key: keyOf(tenant),
              UpdateExpression: "SET seen = :s",
              ExpressionAttributeValues: { ":s": 2 },
            },
          })),
        }),
      ),
    "TransactWriteItems of a Delete": (db, tenants) =>
      db.send(
        new TransactWriteCommand({
          TransactItems: tenants.map((tenant) => ({
            Delete: { TableName, Key: { pk: `${tenant}#x`, sk: "0" } },
          })),
        }),
      ),
    "TransactWriteItems of a ConditionCheck": (db, tenants) =>
      db.send(
        new TransactWriteCommand({
          TransactItems: tenants.map((tenant) => ({
            ConditionCheck: { TableName, Key: keyOf(tenant), ConditionExpression: "attribute_exists(pk)" },
          })),
        }),
      ),
  };

function queryFor(attribute: string, value: string, IndexName?: string) {
  return new QueryCommand({
    TableName,
    ...(IndexName && { IndexName }),
    KeyConditionExpression: `${attribute} = :v`,
    ExpressionAttributeValues: { ":v": value },
  });
}

describe("a tenant's credentials", () => {
  const touches = Object.entries(TOUCHES);
  const takesMany = touches.filter(([name]) => /^(Batch|Transact)/.test(name));
  const refused = {
    name: "AccessDeniedException",
    message: expect.stringMatching(
      `^User: arn:aws:sts::${ACCOUNT}:assumed-role/tenant/s1 is not authorized to perform: dynamodb:\\w+ on resource: ${tableArn}(/index/\\w+)? because no identity-based policy allows the dynamodb:\\w+ action$`,
    ),
    $metadata: { httpStatusCode: 400 },
  };

  it.each(touches)("are refused %s with another tenant's key", async (_name, touch) => {
    await expect(touch(own, ["ten_b"])).rejects.toMatchObject(refused);
  });

  it.each(touches)("are refused %s with a key that only begins like theirs", async (_name, touch) => {
    await expect(touch(own, ["ten_a2"])).rejects.toMatchObject(refused);
  });

  it.each(touches)("are refused %s without a tenant's tag", async (_name, touch) => {
    await expect(touch(untagged, ["ten_a"])).rejects.toMatchObject(refused);
  });

  it.each(takesMany)("are refused %s with one foreign key among their own", async (_name, touch) => {
    await expect(touch(own, ["ten_a", "ten_b"])).rejects.toMatchObject(refused);
  });

  it.each([
    ["a Scan", () => own.send(new ScanCommand({ TableName }))],
    ["a Scan of an index", () => own.send(new ScanCommand({ TableName, IndexName: "byGroup" }))],
    ["ListTables", () => own.send(new ListTablesCommand({}))],
    ["DescribeTable", () => own.send(new DescribeTableCommand({ TableName }))],
    [
      "UpdateTimeToLive",
      () =>
        own.send(
          new UpdateTimeToLiveCommand({
            TableName,
            TimeToLiveSpecification: { Enabled: false, AttributeName: "expiresAt" },
          }),
        ),
    ],
  ])("are refused %s", async (_name, touch) => {
    await expect(touch()).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("are refused a table that does not exist in the same words", async () => {
    await expect(own.send(new GetCommand({ TableName: "Other", Key: keyOf("ten_a") }))).rejects.toMatchObject(
      {
        name: "AccessDeniedException",
      },
    );
  });

  it("leave no trace of what was refused", async () => {
    const { Item } = await admin.send(new GetCommand({ TableName, Key: keyOf("ten_b") }));
    expect(Item).toEqual(item("ten_b"));
  });

  it.each(touches)("are allowed %s with their own key", async (_name, touch) => {
    await expect(touch(own, ["ten_a"])).resolves.toBeDefined();
  });
});

describe("credentials for some attributes", () => {
  const Key = keyOf("ten_a");

  it("are refused an attribute that is not theirs, wherever it is named", async () => {
    const rejected = { name: "AccessDeniedException" };
    await expect(
      names.send(
        new GetCommand({
          TableName,
          Key,
          ProjectionExpression: "#r",
          ExpressionAttributeNames: { "#r": "rank" },
        }),
      ),
    ).rejects.toMatchObject(rejected);
    await expect(names.send(queryFor("pk", Key.pk))).rejects.toMatchObject(rejected);
    const filtered = new QueryCommand({
      ...queryFor("pk", Key.pk).input,
      ProjectionExpression: "pk",
      FilterExpression: "gpk = :v",
    });
    await expect(names.send(filtered)).rejects.toMatchObject(rejected);
  });

  it("are allowed theirs", async () => {
    const input = { TableName, Key, ProjectionExpression: "#n", ExpressionAttributeNames: { "#n": "name" } };
    const { Item } = await names.send(new GetCommand(input));
    expect(Item).toEqual({ name: "ten_a" });
  });
});

it("credentials for a table alone are refused its indexes", async () => {
  const tableOnly = await as("table");
  await expect(tableOnly.send(queryFor("pk", "ten_a#flights"))).resolves.toBeDefined();
  const indexed = [
    () => tableOnly.send(queryFor("gpk", "ten_a#LHR", "byGroup")),
    () => tableOnly.send(queryFor("pk", "ten_a#flights", "byRank")),
    () => tableOnly.send(new ScanCommand({ TableName, IndexName: "byGroup" })),
  ];
  for (const send of indexed)
    await expect(send()).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining(`on resource: ${tableArn}/index/`),
    });
});

it("an unsigned request is answered MissingAuthenticationTokenException", async () => {
  const response = await fetch(local.endpoint, {
    method: "POST",
    headers: { "x-amz-target": "DynamoDB_20120810.GetItem", "content-type": "application/x-amz-json-1.0" },
    body: JSON.stringify({ TableName, Key: { pk: { S: "a" }, sk: { S: "b" } } }),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    __type: expect.stringContaining("#MissingAuthenticationTokenException"),
  });
});

it("no request ended in a fault", () => {
  expect(local.failures).toEqual([]);
});
