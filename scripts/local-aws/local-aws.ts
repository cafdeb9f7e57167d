import { join } from "node:path";
import { ApiGateway } from "./api-gateway/api-gateway.ts";
import { CloudFormation } from "./cloudformation/cloudformation.ts";
import { Cognito } from "./cognito/cognito.ts";
import { DynamoDb } from "./dynamodb/dynamodb.ts";
import { Identities, type PermissionUse } from "./iam/identities.ts";
import type { Clock } from "./kernel/clock.ts";
import type { InvokeFunction } from "./kernel/invoke.ts";
import { serve } from "./kernel/server.ts";
import type { Stack } from "./kernel/stack.ts";
import { Store } from "./kernel/store.ts";
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
  /** Told of every permission that a role was seen to need. */
  readonly onPermissionUse?: (use: PermissionUse) => void;
}

export interface LocalAws {
  /** `http://127.0.0.1:<port>`: what `AWS_ENDPOINT_URL` is set to. */
  readonly endpoint: string;
  readonly identities: Identities;
  readonly cognito: Cognito;
  readonly apiGateway: ApiGateway;
  readonly dynamoDb: DynamoDb;
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
  const apiGateway = new ApiGateway({ store, stack, clock, authorize });
  let endpoint = "";
  const cloudFormation = new CloudFormation({
    stack,
    authorize,
    createdAt: creationTime(store, clock),
    localOutputs: () => localOutputs?.(endpoint) ?? {},
  });
  const services = [dynamoDb, cognito, apiGateway, cloudFormation, new Sts({ identities })];
  const closeAll = async () => {
    for (const service of [apiGateway, dynamoDb]) await service.close();
    store.close();
  };
  try {
    await dynamoDb.deploy();
    await cognito.deploy();
    apiGateway.deploy();
    const server = await serve(services, {
      port: options.port,
      identify: identities.identify,
      ...(options.onError && { onError: options.onError }),
    });
    endpoint = server.endpoint;
    return {
      endpoint,
      identities,
      cognito,
      apiGateway,
      dynamoDb,
      close: async () => {
        await server.close();
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
