import { createRequire } from "node:module";
import { KMSClient } from "@aws-sdk/client-kms";
import type { Template, TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";
import { ROLES, startAirlineStack } from "./airline-stack.ts";
import { role, trusting } from "./tenant-stack.ts";

const POLICIES = createRequire(import.meta.url)("../../../resources/message-policies.cjs");

function deployed(name: string): TemplateResource {
  const found = ROLES[name];
  if (!found) throw new Error(`resources/roles.cjs has no ${name}`);
  return found;
}

const fn = (FunctionName: string, roleId: string): TemplateResource => ({
  Type: "AWS::Lambda::Function",
  Properties: { FunctionName, Role: { "Fn::GetAtt": [roleId, "Arn"] } },
});

/** The function that manages webhooks, with its deployed roles and the deployed policy of its key. */
const WEBHOOKS: Template["Resources"] = {
  ManageWebhooksLogGroup: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "/webhooks" } },
  ManageWebhooksRole: deployed("ManageWebhooksRole"),
  ManageWebhooksTenantRole: deployed("ManageWebhooksTenantRole"),
  ManageWebhooksAssumeTenantRole: deployed("ManageWebhooksAssumeTenantRole"),
  ManageWebhooks: fn("manage-webhooks", "ManageWebhooksRole"),
  DeliverWebhookRole: role("deliver", [], [trusting({ Service: "lambda.amazonaws.com" })]),
  DeliverWebhook: fn("deliver-webhook", "DeliverWebhookRole"),
  WebhookDeliveries: { Type: "AWS::SQS::Queue", Properties: { QueueName: "webhook-deliveries" } },
  WebhookSecretsKey: { Type: "AWS::KMS::Key", Properties: { KeyPolicy: POLICIES.webhookSecrets } },
};

/** A local AWS with what webhooks need; this process may act as one of its functions. */
export async function startWebhooksStack() {
  const started = await startAirlineStack(WEBHOOKS);
  const { aws, stack } = started;
  return {
    ...started,
    environmentOf: (functionLogicalId: string): Record<string, string> => ({
      ...started.environmentOf(functionLogicalId),
      TENANT_ROLE_ARN: String(stack.resolve({ "Fn::GetAtt": ["ManageWebhooksTenantRole", "Arn"] })),
      WEBHOOK_SECRETS_KEY: String(stack.resolve({ "Fn::GetAtt": ["WebhookSecretsKey", "Arn"] })),
      WEBHOOK_DELIVERIES_URL: String(stack.resolve({ Ref: "WebhookDeliveries" })),
    }),
    /** KMS as one of the functions. */
    kmsOf: (functionLogicalId: string) =>
      new KMSClient({
        region: "us-east-1",
        endpoint: aws.endpoint,
        credentials: aws.identities.forFunction(functionLogicalId),
      }),
  };
}
