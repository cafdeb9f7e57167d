import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  DeleteUsagePlanKeyCommand,
  GetApiKeyCommand,
  GetUsagePlanCommand,
  UpdateApiKeyCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  DeleteUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  UpdateUserPoolClientCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Credentials } from "../../../src/domain/tenancy/onboarding.ts";
import type { TenantRecord } from "../../../src/domain/tenancy/tenant.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import type { TenancyStack } from "./tenancy-stack.ts";

/** A tenant that is whole, about to be spoilt. */
interface Whole {
  readonly aws: TenancyStack;
  readonly tenant: TenantRecord;
  readonly credentials: Credentials;
}

/** What somebody, or a crash of a kind nobody thought of, did behind our back. */
export interface Plant {
  readonly kind: string;
  /** Whether the tenant's machine works again once it is mended. */
  readonly works: boolean;
  /** Gives the tenant whom the difference is said to be about, if it is another. */
  readonly spoil: (whole: Whole) => Promise<string | undefined>;
}

const gateway = () => new APIGatewayClient({});
const cognito = () => new CognitoIdentityProviderClient({});
const documents = () => DynamoDBDocumentClient.from(new DynamoDBClient({}));

type Spoil = (whole: Whole) => Promise<unknown>;
const plant = (kind: string, spoil: Spoil, works = true): Plant => ({
  kind,
  works,
  spoil: async (whole) => {
    await spoil(whole);
    return undefined;
  },
});
const elsewhere = (kind: string, spoil: (whole: Whole) => Promise<string>): Plant => ({
  kind,
  works: true,
  spoil,
});

const put =
  (item: (whole: Whole) => Record<string, unknown>): Spoil =>
  (whole) =>
    documents().send(new PutCommand({ TableName: whole.aws.settings.controlTable, Item: item(whole) }));
const remove =
  (key: (whole: Whole) => Record<string, string>): Spoil =>
  (whole) =>
    documents().send(new DeleteCommand({ TableName: whole.aws.settings.controlTable, Key: key(whole) }));
const set =
  (name: string, value: string): Spoil =>
  ({ aws, tenant }) =>
    documents().send(
      new UpdateCommand({
        TableName: aws.settings.controlTable,
        Key: { pk: tenant.tenantId, sk: "tenant" },
        UpdateExpression: "SET #name = :value",
        ExpressionAttributeNames: { "#name": name },
        ExpressionAttributeValues: { ":value": value },
      }),
    );
const newClient = (whole: Whole, name: string) =>
  cognito().send(
    new CreateUserPoolClientCommand({ UserPoolId: whole.aws.settings.userPoolId, ClientName: name }),
  );
const newKey = (name: string) =>
  gateway().send(new CreateApiKeyCommand({ name, enabled: true, value: crypto.randomUUID() }));

/** One of each kind that `--fix` mends. */
export const MENDABLE: readonly Plant[] = [
  plant("app-client-unrecorded", (whole) => newClient(whole, `${whole.tenant.tenantId}.stray`)),
  elsewhere("app-client-unrecorded", async (whole) => {
    const nobody = newTenantId();
    await newClient(whole, `${nobody}.default`);
    return nobody;
  }),
  plant(
    "app-client-missing",
    ({ aws, credentials }) =>
      cognito().send(
        new DeleteUserPoolClientCommand({
          UserPoolId: aws.settings.userPoolId,
          ClientId: credentials.clientId,
        }),
      ),
    false,
  ),
  plant("app-client-scopes", ({ aws, credentials }) =>
    cognito().send(
      new UpdateUserPoolClientCommand({
        UserPoolId: aws.settings.userPoolId,
        ClientId: credentials.clientId,
        AllowedOAuthFlowsUserPoolClient: true,
        AllowedOAuthFlows: ["client_credentials"],
        AllowedOAuthScopes: ["airline/flights.read"],
      }),
    ),
  ),
  plant(
    "client-deletion-unfinished",
    remove(({ credentials }) => ({ pk: `client#${credentials.clientId}`, sk: "client" })),
    false,
  ),
  plant(
    "client-lookup-dangling",
    put(({ tenant }) => ({ pk: `client#gone-${tenant.slug}`, sk: "client", tenantId: tenant.tenantId })),
  ),
  plant(
    "client-unfinished",
    put(({ tenant }) => ({ pk: tenant.tenantId, sk: "label#half", tenantId: tenant.tenantId })),
  ),
  plant(
    "client-label-dangling",
    put(({ tenant }) => ({
      pk: tenant.tenantId,
      sk: "label#old",
      tenantId: tenant.tenantId,
      clientId: "gone",
    })),
  ),
  plant(
    "client-label-missing",
    remove(({ tenant }) => ({ pk: tenant.tenantId, sk: "label#default" })),
  ),
  plant(
    "slug-dangling",
    put(({ tenant }) => ({ pk: `slug#old-${tenant.slug}`, sk: "slug", tenantId: tenant.tenantId })),
  ),
  elsewhere("slug-dangling", async (whole) => {
    const nobody = newTenantId();
    await put(() => ({ pk: `slug#nobodys-${whole.tenant.slug}`, sk: "slug", tenantId: nobody }))(whole);
    return nobody;
  }),
  plant(
    "slug-missing",
    remove(({ tenant }) => ({ pk: `slug#${tenant.slug}`, sk: "slug" })),
  ),
  plant("api-key-unrecorded", ({ tenant }) => newKey(`${tenant.tenantId}.stray`)),
  plant("api-key-disabled", ({ tenant }) =>
    gateway().send(
      new UpdateApiKeyCommand({
        apiKey: tenant.apiKeyId,
        patchOperations: [{ op: "replace", path: "/enabled", value: "false" }],
      }),
    ),
  ),
  plant("api-key-enabled", set("status", "suspended"), false),
  plant("api-key-without-plan", ({ tenant }) =>
    gateway().send(
      new DeleteUsagePlanKeyCommand({ usagePlanId: tenant.usagePlanId, keyId: tenant.apiKeyId }),
    ),
  ),
  plant("usage-plan-unrecorded", ({ tenant }) =>
    gateway().send(new CreateUsagePlanCommand({ name: `gatehouse-dev-${tenant.tenantId}` })),
  ),
  elsewhere("usage-plan-unrecorded", async () => {
    const nobody = newTenantId();
    await gateway().send(new CreateUsagePlanCommand({ name: `gatehouse-dev-${nobody}` }));
    return nobody;
  }),
  plant("transition-unfinished", set("transition", "resume")),
];

/** One of each kind that an operator must decide. */
export const UNMENDABLE: readonly Plant[] = [
  plant("api-key-missing", ({ tenant }) =>
    gateway().send(new DeleteApiKeyCommand({ apiKey: tenant.apiKeyId })),
  ),
  plant("usage-plan-missing", set("usagePlanId", "gone")),
  plant("onboarding-unfinished", set("status", "provisioning")),
  elsewhere("data-left", async ({ aws }) => {
    const nobody = newTenantId();
    const Item = { pk: `${nobody}#flight#1`, sk: "flight" };
    await documents().send(new PutCommand({ TableName: aws.settings.dataTable, Item }));
    return nobody;
  }),
];

/** Moves a tenant's key into a plan of the stage that is not its own. */
export async function intoAnotherPlan({ tenant }: Whole, usagePlanId: string): Promise<void> {
  const keyId = tenant.apiKeyId;
  await gateway().send(new DeleteUsagePlanKeyCommand({ usagePlanId: tenant.usagePlanId, keyId }));
  await gateway().send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: "API_KEY" }));
}

/** Reserves a label as a run does that is about to make a client. */
export async function reserveLabel(aws: TenancyStack, { tenantId }: TenantRecord, runUntil: number) {
  const Item = { pk: tenantId, sk: "label#new", tenantId, run: "somebody", runUntil };
  await documents().send(new PutCommand({ TableName: aws.settings.controlTable, Item }));
}

interface Others {
  readonly keys: readonly string[];
  readonly clientId: string;
  readonly usagePlanId: string;
}

export async function isThere(aws: TenancyStack, { keys, clientId, usagePlanId }: Others): Promise<boolean> {
  for (const apiKey of keys) await gateway().send(new GetApiKeyCommand({ apiKey }));
  await gateway().send(new GetUsagePlanCommand({ usagePlanId }));
  await cognito().send(
    new DescribeUserPoolClientCommand({ UserPoolId: aws.settings.userPoolId, ClientId: clientId }),
  );
  return true;
}

/** Other people's things in the same account and pool, another stage's among them. */
export async function plantOthers(aws: TenancyStack): Promise<Others> {
  const foreign = newTenantId();
  const keys = await Promise.all(["somebody's key", `${foreign}.default`].map(newKey));
  const client = await cognito().send(
    new CreateUserPoolClientCommand({ UserPoolId: aws.settings.userPoolId, ClientName: "people" }),
  );
  const plan = await gateway().send(new CreateUsagePlanCommand({ name: `gatehouse-prod-${foreign}` }));
  return {
    keys: keys.flatMap(({ id }) => id ?? []),
    clientId: client.UserPoolClient?.ClientId ?? "",
    usagePlanId: plan.id ?? "",
  };
}

export async function setRate(usagePlanId: string, rate: string): Promise<void> {
  await gateway().send(
    new UpdateUsagePlanCommand({
      usagePlanId,
      patchOperations: [{ op: "replace", path: "/throttle/rateLimit", value: rate }],
    }),
  );
}
