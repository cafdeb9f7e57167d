import { join } from "node:path";
import { ApiGateway, type ControlPlaneCall } from "./api-gateway/api-gateway.ts";
import { integrationCalls } from "./api-gateway/integration-calls.ts";
import { CloudFormation } from "./cloudformation/cloudformation.ts";
import { Cognito } from "./cognito/cognito.ts";
import { DynamoDb } from "./dynamodb/dynamodb.ts";
import type { CallService } from "./edge/integrations/aws-service.ts";
import { EventBridge } from "./events/event-bridge.ts";
import { lambdaTargets } from "./events/lambda-targets.ts";
import { type LogEvent, logGroupTargets } from "./events/log-group-targets.ts";
import { queueTargets } from "./events/queue-targets.ts";
import { Identities, type PermissionUse } from "./iam/identities.ts";
import { verifiedCaller } from "./iam/verified-caller.ts";
import type { Clock } from "./kernel/clock.ts";
import type { InvokeFunction } from "./kernel/invoke.ts";
import { serve } from "./kernel/server.ts";
import type { Stack } from "./kernel/stack.ts";
import { Store } from "./kernel/store.ts";
import { Keys } from "./kms/keys.ts";
import { Kms } from "./kms/kms.ts";
import { AsyncInvocations } from "./lambda/async-invocations.ts";
import { EventSourceMappings } from "./lambda/event-source-mappings.ts";
import { FailureDestinations } from "./lambda/failure-destinations.ts";
import { InvokeApi } from "./lambda/invoke-api.ts";
import { Messages } from "./sqs/messages.ts";
import { compileQueues } from "./sqs/queue.ts";
import { Sqs } from "./sqs/sqs.ts";
import { Sts } from "./sts/sts.ts";

export interface LocalAwsOptions {
  readonly stack: Stack;
  /** Where the state is kept; undefined: in memory. */
  readonly stateDirectory: string | undefined;
  /** 0 for any that is free. */
  readonly port: number;
  readonly clock: Clock;
  /** Runs the stack's functions: triggers. */
  readonly invoke: InvokeFunction;
  /** Outputs of the stack that are another address here than on AWS, given the local AWS's own address. */
  readonly localOutputs?: (endpoint: string) => Readonly<Record<string, string>>;
  readonly onError?: (error: unknown) => void;
  /** Keeps what services write into log groups. */
  readonly onLogEvent?: (event: LogEvent) => void;
  /** Told of every permission that a role was seen to need. */
  readonly onPermissionUse?: (use: PermissionUse) => void;
  /** Whether API Gateway's control plane refuses calls that come faster than an account may make them. */
  readonly controlPlaneRates?: "enforced" | "off";
  readonly onControlPlaneCall?: (call: ControlPlaneCall) => void;
}

export interface LocalAws {
  /** `http://127.0.0.1:<port>`: what `AWS_ENDPOINT_URL` is set to. */
  readonly endpoint: string;
  readonly identities: Identities;
  readonly cognito: Cognito;
  readonly apiGateway: ApiGateway;
  readonly dynamoDb: DynamoDb;
  readonly eventBridge: EventBridge;
  readonly asyncInvocations: AsyncInvocations;
  readonly eventSourceMappings: EventSourceMappings;
  /** Calls a service as API Gateway does for an integration. */
  readonly callService: CallService;
  close(): Promise<void>;
}

/**
 * Deploys a stack to a local AWS and serves it at one loopback address.
 * Throws DamagedStateError for a state folder that cannot be read, StateInUseError for one in use.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { stack, clock, invoke, stateDirectory, localOutputs } = options;
  // LevelDB locks its folder, so a second local AWS on the same state stops before it touches anything.
  const dynamoDb = openDynamoDb(options, () => identities);
  const store = await orClose(dynamoDb, () =>
    Store.open(stateDirectory === undefined ? ":memory:" : join(stateDirectory, "state.sqlite")),
  );
  const identities = new Identities({ store, stack, clock, onUse: options.onPermissionUse });
  const { authorize } = identities;
  const cognito = new Cognito({ store, stack, clock, invoke, authorize });
  const apiGateway = new ApiGateway({
    store,
    stack,
    clock,
    authorize,
    controlPlaneRates: options.controlPlaneRates,
    onCall: options.onControlPlaneCall,
  });
  const onError = options.onError ?? (() => undefined);
  let endpoint = "";
  const cloudFormation = new CloudFormation({
    stack,
    authorize,
    createdAt: creationTime(store, clock),
    localOutputs: () => localOutputs?.(endpoint) ?? {},
  });
  const closeAll = async () => {
    for (const service of [apiGateway, dynamoDb]) await service.close();
    store.close();
  };
  try {
    const queues = compileQueues(stack);
    const messages = new Messages({ store, clock, queues });
    const destinations = new FailureDestinations({ identities, queues, messages });
    const lambda = { store, stack, clock, invoke, destinations, onError };
    const asyncInvocations = new AsyncInvocations(lambda);
    const { streams } = dynamoDb;
    const mappings = new EventSourceMappings({ ...lambda, identities, queues, messages, streams });
    const eventBridge = new EventBridge({
      store,
      stack,
      clock,
      identities,
      targets: [
        lambdaTargets(stack, asyncInvocations),
        queueTargets(queues, messages),
        logGroupTargets(stack, options.onLogEvent ?? (() => undefined)),
      ],
      onError,
    });
    const sqs = new Sqs({ identities, queues, messages });
    const kms = new Kms({
      accountId: stack.accountId,
      region: stack.region,
      identities,
      keys: new Keys({ store, stack, clock }),
    });
    const services = [
      dynamoDb,
      cognito,
      apiGateway,
      eventBridge,
      sqs,
      kms,
      new InvokeApi({ stack, authorize, invoke, asyncInvocations }),
      cloudFormation,
      new Sts({ identities }),
    ];
    await dynamoDb.deploy();
    await cognito.deploy();
    apiGateway.deploy();
    mappings.deploy();
    const server = await serve(services, {
      port: options.port,
      identify: verifiedCaller(identities),
      ...(options.onError && { onError: options.onError }),
    });
    endpoint = server.endpoint;
    eventBridge.resume();
    asyncInvocations.resume();
    mappings.start();
    return {
      endpoint,
      identities,
      cognito,
      apiGateway,
      dynamoDb,
      eventBridge,
      asyncInvocations,
      eventSourceMappings: mappings,
      callService: integrationCalls(services, identities),
      close: async () => {
        await server.close();
        await asyncInvocations.close();
        await mappings.close();
        store.close();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function openDynamoDb(options: LocalAwsOptions, identities: () => Identities): DynamoDb {
  const { stack, clock, stateDirectory } = options;
  return DynamoDb.open({
    directory: stateDirectory === undefined ? undefined : join(stateDirectory, "dynamodb"),
    stack,
    clock,
    authorize: (...request) => identities().authorize(...request),
  });
}

async function orClose<T>(dynamoDb: DynamoDb, open: () => T): Promise<T> {
  try {
    return open();
  } catch (error) {
    await dynamoDb.close();
    throw error;
  }
}

function creationTime(store: Store, clock: Clock): number {
  const stacks = store.collection<{ readonly createdAt: number }>("cloudformation/stacks");
  const known = stacks.get("stack");
  if (known) return known.createdAt;
  const created = { createdAt: clock.now() };
  stacks.put("stack", created);
  return created.createdAt;
}
