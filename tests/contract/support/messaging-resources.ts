import { createRequire } from "node:module";
import type { Template } from "../../../scripts/local-aws/kernel/stack.ts";
import { ACCOUNT, REGION, role, stackOf, trusting } from "./tenant-stack.ts";

interface MessagePolicies {
  readonly PRODUCERS: Readonly<Record<string, { readonly relays: readonly string[] }>>;
  readonly policiesOf: (
    producers: Readonly<Record<string, object>>,
    consumers: Readonly<Record<string, { readonly readers: readonly string[] }>>,
  ) => Readonly<Record<string, object>>;
}

const { PRODUCERS, policiesOf }: MessagePolicies = createRequire(import.meta.url)(
  "../../../resources/message-policies.cjs",
);

/** The policies of resources/messaging.yml, for the roles below. */
const policies = policiesOf(
  {
    "gatehouse.airline": { ...PRODUCERS["gatehouse.airline"], relays: ["Airline"] },
    "gatehouse.hooks": { ...PRODUCERS["gatehouse.hooks"], relays: ["Hooks"] },
  },
  { audit: { readers: ["Audit"] }, webhooks: { readers: ["Webhooks"] } },
);

const ACTORS = ["Airline", "Hooks", "Audit", "Webhooks", "Outsider"] as const;
export type Actor = (typeof ACTORS)[number];

const key = (policy: string, more: object = {}) => ({
  Type: "AWS::KMS::Key",
  Properties: { KeyPolicy: policies[policy], ...more },
});
const SIGNING = { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" };

const onBus = (statement: string) => ({
  Type: "AWS::Events::EventBusPolicy",
  Properties: {
    EventBusName: { Ref: "MessageBus" },
    StatementId: statement,
    Statement: policies[statement],
  },
});

/** The bus and the keys with their own policies, and a role of each kind; the outsider's may do everything. */
export const MESSAGING: Template["Resources"] = {
  MessageBus: { Type: "AWS::Events::EventBus", Properties: { Name: "messages" } },
  AirlineAlone: onBus("airlineAlone"),
  HooksAlone: onBus("hooksAlone"),
  ProducersAlone: onBus("producersAlone"),
  AirlineSigningKey: key("airlineSigning", SIGNING),
  HooksSigningKey: key("hooksSigning", SIGNING),
  AuditKey: key("auditEncryption"),
  WebhooksKey: key("webhooksEncryption"),
  ...Object.fromEntries(
    ACTORS.flatMap((name) => {
      const Action = name === "Outsider" ? "*" : "events:PutEvents";
      return [
        [
          name,
          role(
            name,
            [{ Effect: "Allow", Action, Resource: "*" }],
            [trusting({ Service: "lambda.amazonaws.com" })],
          ),
        ],
        [
          `${name}Function`,
          {
            Type: "AWS::Lambda::Function",
            Properties: { FunctionName: name, Role: { "Fn::GetAtt": [name, "Arn"] } },
          },
        ],
      ];
    }),
  ),
};

const keyArn = (logicalId: string) =>
  `arn:aws:kms:${REGION}:${ACCOUNT}:key/${stackOf(MESSAGING).ref(logicalId)}`;

export const KEYS = {
  airline: keyArn("AirlineSigningKey"),
  hooks: keyArn("HooksSigningKey"),
  audit: keyArn("AuditKey"),
  webhooks: keyArn("WebhooksKey"),
};
