import { createRequire } from "node:module";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { systemClock } from "../../../scripts/local-aws/kernel/clock.ts";
import type { InvokeFunction } from "../../../scripts/local-aws/kernel/invoke.ts";
import { Stack, type Template, type TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";
import { startLocalAws } from "../../../scripts/local-aws/local-aws.ts";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { controlTable } from "./control-table.ts";
import { FaultyWire } from "./faulty-wire.ts";
import { ROOT_CREDENTIALS } from "./tenant-stack.ts";

type Roles = Record<string, TemplateResource & { Properties: { Policies: unknown[] } }>;

/** The roles that are deployed. */
export const ROLES: Roles = createRequire(import.meta.url)("../../../resources/roles.cjs").Resources;

const attribute = (name: string) => ({ AttributeName: name, AttributeType: "S" });
const key = (AttributeName: string, KeyType: "HASH" | "RANGE") => ({ AttributeName, KeyType });

/** DataTable and OutboxTable as resources/tables.yml has them. */
export const TABLES: Template["Resources"] = {
  ControlTable: controlTable("control"),
  DataTable: {
    Type: "AWS::DynamoDB::Table",
    Properties: {
      TableName: "data",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk", "timePk", "timeSk"].map(attribute),
      KeySchema: [key("pk", "HASH"), key("sk", "RANGE")],
      GlobalSecondaryIndexes: [
        {
          IndexName: "byTime",
          KeySchema: [key("timePk", "HASH"), key("timeSk", "RANGE")],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    },
  },
  OutboxTable: {
    Type: "AWS::DynamoDB::Table",
    Properties: {
      TableName: "outbox",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [attribute("pk")],
      KeySchema: [key("pk", "HASH")],
      StreamSpecification: { StreamViewType: "KEYS_ONLY" },
    },
  },
};

const PARTS = ["ListFlights", "CreateFlight", "UpdateFlight", "DeleteFlight", "CreateLoyaltyTransaction"];

/** One function that may do what all of these may, since a process assumes one tenant role. */
const AIRLINE: Template["Resources"] = {
  CreateFlightLogGroup: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "/airline" } },
  CreateFlightRole: roleOf("CreateFlightRole"),
  CreateFlightAssumeTenantRole: roleOf("CreateFlightAssumeTenantRole"),
  CreateFlightTenantRole: {
    ...roleOf("CreateFlightTenantRole"),
    Properties: {
      ...roleOf("CreateFlightTenantRole").Properties,
      Policies: PARTS.flatMap((name) => roleOf(`${name}TenantRole`).Properties.Policies),
    },
  },
  Airline: {
    Type: "AWS::Lambda::Function",
    Properties: { FunctionName: "airline", Role: { "Fn::GetAtt": ["CreateFlightRole", "Arn"] } },
  },
};

/** One of the deployed roles. */
export function roleOf(name: string) {
  const role = ROLES[name];
  if (!role) throw new Error(`resources/roles.cjs has no ${name}`);
  return role;
}

const noFunctions: InvokeFunction = async () => ({
  error: { errorType: "NoFunctions", errorMessage: "none here" },
});

/** A local AWS of its own with the airline's tables, behind a wire; this process acts as the airline's functions. */
export async function startAirlineStack(
  more: Template["Resources"] = {},
  invoke: InvokeFunction = noFunctions,
) {
  const stack = new Stack(
    { Resources: { ...TABLES, ...AIRLINE, ...more } },
    { region: "us-east-1", name: "gatehouse-dev" },
  );
  const aws = await startLocalAws({
    stack,
    stateDirectory: undefined,
    port: 0,
    clock: systemClock,
    invoke,
  });
  const wire = await FaultyWire.to(aws.endpoint);
  const admin = DynamoDBDocumentClient.from(
    new DynamoDBClient({ region: "us-east-1", endpoint: aws.endpoint, credentials: ROOT_CREDENTIALS }),
  );
  const itemsOf = async (TableName: string) => {
    const items: Record<string, unknown>[] = [];
    for await (const { Items = [] } of paginateScan({ client: admin }, { TableName, ConsistentRead: true }))
      items.push(...Items);
    return items;
  };
  return {
    aws,
    stack,
    wire,
    admin,
    itemsOf,
    /** The events that wait, oldest first. */
    events: async (): Promise<DomainEvent[]> => {
      const events = (await itemsOf("outbox")).map(({ event }) => event as DomainEvent);
      return events.sort((left, right) => (left.id < right.id ? -1 : 1));
    },
    /** What this process needs in its environment to be one of the stack's functions. */
    environmentOf: (functionLogicalId: string): Record<string, string> => {
      const { accessKeyId, secretAccessKey, sessionToken } = aws.identities.forFunction(functionLogicalId);
      return {
        AWS_ENDPOINT_URL: wire.endpoint,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        CONTROL_TABLE: "control",
        DATA_TABLE: "data",
        OUTBOX_TABLE: "outbox",
        TENANT_ROLE_ARN: String(stack.resolve({ "Fn::GetAtt": ["CreateFlightTenantRole", "Arn"] })),
      };
    },
    close: async () => {
      wire.close();
      await aws.close();
    },
  };
}
