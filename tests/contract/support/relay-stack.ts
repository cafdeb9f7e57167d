import { createRequire } from "node:module";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { InvocationResult } from "../../../scripts/local-aws/kernel/invoke.ts";
import type { Template } from "../../../scripts/local-aws/kernel/stack.ts";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { outboxKey } from "../../../src/domain/messaging/outbox-key.ts";
import { roleOf, startAirlineStack } from "./airline-stack.ts";
import { fn, permission } from "./event-stack.ts";
import { RelayProcess } from "./relay-process.ts";
import { ROOT_CREDENTIALS, role, trusting } from "./tenant-stack.ts";

type Resources = Template["Resources"];

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

/** The policies of resources/messaging.yml, for the relays as they are deployed and a reader of the test's own. */
const policies = policiesOf(PRODUCERS, {
  audit: { readers: ["ReaderRole"] },
  webhooks: { readers: ["ReaderRole"] },
});

const attribute = (id: string, name = "Arn") => ({ "Fn::GetAtt": [id, name] });
const key = (policy: string, more: object = {}) => ({
  Type: "AWS::KMS::Key",
  Properties: { KeyPolicy: policies[policy], ...more },
});
const SIGNING = { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" };
const busPolicy = (StatementId: string) => ({
  Type: "AWS::Events::EventBusPolicy",
  Properties: { EventBusName: { Ref: "MessageBus" }, StatementId, Statement: policies[StatementId] },
});

const BUS: Resources = {
  MessageBus: { Type: "AWS::Events::EventBus", Properties: { Name: "messages" } },
  AirlineAlone: busPolicy("airlineAlone"),
  HooksAlone: busPolicy("hooksAlone"),
  ProducersAlone: busPolicy("producersAlone"),
  AirlineSigningKey: key("airlineSigning", SIGNING),
  HooksSigningKey: key("hooksSigning", SIGNING),
  AuditKey: key("auditEncryption"),
  WebhooksKey: key("webhooksEncryption"),
  ReaderRole: role("reader", [], [trusting({ Service: "lambda.amazonaws.com" })]),
  Listener: fn("listener"),
  Everything: {
    Type: "AWS::Events::Rule",
    Properties: {
      EventBusName: { Ref: "MessageBus" },
      EventPattern: { account: [{ Ref: "AWS::AccountId" }] },
      Targets: [{ Id: "listener", Arn: attribute("Listener") }],
    },
  },
  EverythingPermission: permission("Listener", "Everything"),
  OutboxDeadLetters: { Type: "AWS::SQS::Queue", Properties: { QueueName: "outbox-dead-letters" } },
};

const RELAYS = {
  "relay-events": {
    id: "RelayEvents",
    prefixes: ["ten_", "tenancy#"],
    signingKey: "AirlineSigningKey",
    consumers: { audit: "AuditKey", webhooks: "WebhooksKey" },
  },
  "relay-hooks": {
    id: "RelayHooks",
    prefixes: ["gatehouse.hooks#"],
    signingKey: "HooksSigningKey",
    consumers: { audit: "AuditKey" },
  },
} as const;

export type RelayName = keyof typeof RELAYS;
const NAMES = ["relay-events", "relay-hooks"] as const;

/** A relay as serverless.yml has it; its stream only where the test does not bring the events itself. */
function relayResources(name: RelayName, byStream: boolean): Resources {
  const { id, prefixes } = RELAYS[name];
  const mapping = {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      EventSourceArn: attribute("OutboxTable", "StreamArn"),
      FunctionName: attribute(id),
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 100,
      MaximumRetryAttempts: 5,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      DestinationConfig: { OnFailure: { Destination: attribute("OutboxDeadLetters") } },
      FilterCriteria: {
        Filters: [
          {
            Pattern: JSON.stringify({
              dynamodb: { Keys: { pk: { S: prefixes.map((prefix) => ({ prefix })) } } },
            }),
          },
        ],
      },
    },
  };
  return {
    [`${id}LogGroup`]: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: `/${name}` } },
    [`${id}Role`]: roleOf(`${id}Role`),
    [id]: {
      Type: "AWS::Lambda::Function",
      Properties: { FunctionName: name, Role: attribute(`${id}Role`) },
    },
    ...(byStream && { [`${id}Mapping`]: mapping }),
  };
}

/** A record of the outbox's stream, as far as a relay looks at it. */
export const recordOf = (itemKey: string, SequenceNumber: string, eventName = "INSERT") => ({
  eventName,
  dynamodb: { Keys: { pk: { S: itemKey } }, SequenceNumber },
});

/** The airline with its outbox, both relays in processes of their own, the bus, and who listens to all of it. */
export async function startRelayStack({ byStream }: { readonly byStream: boolean }) {
  const relays = new Map<RelayName, RelayProcess>();
  const heard: { readonly source: string; readonly detail: unknown }[] = [];
  const invoke = async (arn: string, payload: unknown): Promise<InvocationResult> => {
    const name = NAMES.find((candidate) => arn.endsWith(`:${candidate}`));
    if (name) return relayOf(name).invoke(payload);
    heard.push(payload as (typeof heard)[number]);
    return { payload: null };
  };
  const resources = NAMES.map((name) => relayResources(name, byStream));
  const airline = await startAirlineStack(Object.assign({}, BUS, ...resources), invoke);
  const { stack, aws } = airline;

  function relayOf(name: RelayName): RelayProcess {
    const relay = relays.get(name);
    if (!relay) throw new Error(`${name} has not been started`);
    return relay;
  }
  async function start(name: RelayName): Promise<void> {
    const { id, signingKey, consumers } = RELAYS[name];
    const arnOf = (logicalId: string) => String(stack.resolve(attribute(logicalId)));
    const env = {
      ...airline.environmentOf(id),
      MESSAGE_BUS: stack.ref("MessageBus"),
      SIGNING_KEY: arnOf(signingKey),
      CONSUMER_KEYS: Object.entries(consumers)
        .map(([consumer, logicalId]) => `${consumer}=${arnOf(logicalId)}`)
        .join(" "),
      EVENT_DEAD_LETTERS_URL: stack.ref("OutboxDeadLetters"),
    };
    relays.set(name, await RelayProcess.start(name, env));
  }
  await Promise.all(NAMES.map(start));

  const sqs = new SQSClient({
    region: "us-east-1",
    endpoint: aws.endpoint,
    credentials: ROOT_CREDENTIALS,
    useQueueUrlAsEndpoint: false,
  });
  return {
    ...airline,
    heard,
    relayOf,
    /** Starts a new instance in the place of one that was killed. */
    start,
    /** Puts an event, or what is to look like one, into the outbox, past everybody's roles. */
    put: async (event: DomainEvent, changes: object = {}): Promise<string> => {
      const item = { pk: outboxKey(event), event: { ...event, ...changes } };
      await airline.admin.send(new PutCommand({ TableName: "outbox", Item: item }));
      return item.pk;
    },
    /** Lets everything come to where it is going. */
    settle: async () => {
      await aws.eventSourceMappings.settle();
      await aws.eventBridge.settle();
      await aws.asyncInvocations.settle();
    },
    deadLetters: async () => {
      const input = {
        QueueUrl: stack.ref("OutboxDeadLetters"),
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 0,
        MessageAttributeNames: ["All"],
      };
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(input));
      return Messages.map(({ Body = "", MessageAttributes }) => ({
        body: JSON.parse(Body),
        reason: MessageAttributes?.reason?.StringValue,
      }));
    },
    close: async () => {
      await Promise.all([...relays.values()].map((relay) => relay.stop()));
      await airline.close();
    },
  };
}
