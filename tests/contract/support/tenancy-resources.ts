import { APIGatewayClient, GetApiKeysCommand, GetUsagePlansCommand } from "@aws-sdk/client-api-gateway";
import {
  CognitoIdentityProviderClient,
  paginateListUserPoolClients,
} from "@aws-sdk/client-cognito-identity-provider";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, ScanCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { readOutboxEvent } from "../../../src/domain/messaging/outbox-event.ts";
import type { Credentials } from "../../../src/domain/tenancy/onboarding.ts";
import type { TenantRecord } from "../../../src/domain/tenancy/tenant.ts";
import type { TenancyStack } from "./tenancy-stack.ts";

export async function requestToken(
  aws: TenancyStack,
  { clientId, clientSecret }: Pick<Credentials, "clientId" | "clientSecret">,
) {
  const answer = await fetch(`${aws.endpoint}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const body = (await answer.json()) as Record<string, string>;
  const claims = body.access_token
    ? JSON.parse(Buffer.from(body.access_token.split(".")[1] ?? "", "base64url").toString())
    : undefined;
  return { status: answer.status, body, claims };
}

/** What there is at AWS of a tenant, found by its id in the names. */
export async function resourcesOf(aws: TenancyStack, { tenantId }: Pick<TenantRecord, "tenantId">) {
  const gateway = new APIGatewayClient({});
  const clients: (string | undefined)[] = [];
  const pages = paginateListUserPoolClients(
    { client: new CognitoIdentityProviderClient({}), pageSize: 60 },
    { UserPoolId: aws.settings.userPoolId },
  );
  for await (const { UserPoolClients = [] } of pages)
    for (const { ClientName, ClientId } of UserPoolClients)
      if (ClientName?.startsWith(tenantId)) clients.push(ClientId);
  const keys = await gateway.send(
    new GetApiKeysCommand({ nameQuery: tenantId, includeValues: true, limit: 500 }),
  );
  const plans = await gateway.send(new GetUsagePlansCommand({ limit: 500 }));
  return {
    clients,
    keys: (keys.items ?? []).map(({ id, value, enabled }) => ({ id, value, enabled })),
    ownPlans: (plans.items ?? []).filter(({ name }) => name?.endsWith(tenantId)).map(({ id }) => id),
  };
}

/** Types of the events that wait in the outbox to be told of a tenant, in their order. Throws for one that the relay would refuse. */
export async function outboxOf(aws: TenancyStack, { tenantId }: Pick<TenantRecord, "tenantId">) {
  const { Items = [] } = await DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new ScanCommand({
      TableName: aws.settings.outboxTable,
      ConsistentRead: true,
      FilterExpression: "begins_with(pk, :tenant)",
      ExpressionAttributeValues: { ":tenant": `tenancy#${tenantId}#` },
    }),
  );
  // As the relay reads them, which refuses what is not exactly an event.
  const events = Items.map(({ pk: key, event }) => readOutboxEvent({ key, event }, "gatehouse.airline"));
  return events.sort((one, other) => (one.id < other.id ? -1 : 1)).map(({ type }) => type);
}

export async function setStatus(
  aws: TenancyStack,
  { tenantId }: TenantRecord,
  status: string,
): Promise<void> {
  await DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new UpdateCommand({
      TableName: aws.settings.controlTable,
      Key: { pk: tenantId, sk: "tenant" },
      UpdateExpression: "SET #status = :status",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":status": status },
    }),
  );
}
