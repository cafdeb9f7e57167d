import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request as forward, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { systemClock } from "../../scripts/local-aws/kernel/clock.ts";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { type LocalAws, startLocalAws } from "../../scripts/local-aws/local-aws.ts";
import { flightItem } from "../../src/aws/dynamodb/flight-item.ts";
import { type FlightId, newFlightOf } from "../../src/domain/flights/flight.ts";
import { newApiKeyValue } from "../../src/domain/tenancy/api-key-value.ts";
import { newTenantId, type TenantId } from "../../src/domain/tenancy/tenant-id.ts";
import type { RequestOptions } from "../support/event.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { freshPlace, RunningStack, removePlace } from "../support/running-stack.ts";
import { TokenIssuer } from "../support/token-issuer.ts";
import { atMost, type Measurement } from "./measurement.ts";

type Request = readonly [file: string, name: string, options: RequestOptions];

/** A request of each kind: one that lists, one that writes, one that books, one that deletes. */
const REQUESTS: readonly Request[] = [
  ["list-flights", "ListFlights", { resource: "/v1/flights" }],
  ["create-flight", "CreateFlight", { method: "POST", resource: "/v1/flights", body: NEW_FLIGHT }],
  [
    "create-flight",
    "CreateFlight",
    { method: "POST", resource: "/v1/flights", body: NEW_FLIGHT, headers: { "Idempotency-Key": "k" } },
  ],
  [
    "create-loyalty-transaction",
    "CreateLoyaltyTransaction",
    {
      method: "POST",
      resource: "/v1/loyalty/{customerId}/transactions",
      pathParameters: { customerId: "c1" },
      body: { type: "earn", points: 1, reason: "flight" },
      headers: { "Idempotency-Key": "k" },
    },
  ],
  [
    "delete-flight",
    "DeleteFlight",
    { method: "DELETE", resource: "/v1/flights/{flightId}", headers: { "If-Match": "*" } },
  ],
];

/** It reads what it changes, since the event that it writes with the change tells of all of the flight. */
const CHANGE: Request = [
  "update-flight",
  "UpdateFlight",
  { method: "PATCH", resource: "/v1/flights/{flightId}", body: { seats: 1 }, headers: { "If-Match": "*" } },
];

/** What a warm request calls of AWS: its one DynamoDB call, two for a change, and nothing to authorize or meter it. */
export async function measureCalls(): Promise<Measurement[]> {
  const issuer = await TokenIssuer.start();
  const aws = await startAws();
  const counter = await CountingProxy.start(aws.local.endpoint);
  try {
    const counts: Calls[] = [];
    for (const request of REQUESTS) counts.push(await countCalls(aws, counter, issuer, request));
    const ofChange = await countCalls(aws, counter, issuer, CHANGE);
    const most = (kind: keyof Calls, all: readonly Calls[]) => Math.max(...all.map((count) => count[kind]));
    const other = most("other", [...counts, ofChange]);
    return [
      atMost("DynamoDB calls of a request / its own", "", most("dynamodb", counts), 1, 1),
      atMost("DynamoDB calls of a flight's change / a read and a write", "", ofChange.dynamodb, 2, 1),
      {
        ...atMost("other AWS calls of a warm request / none", "", other, 0, 0),
        ratio: other,
        meets: other === 0,
      },
    ];
  } finally {
    counter.stop();
    await aws.local.close();
    await issuer.stop();
  }
}

interface Calls {
  readonly dynamodb: number;
  readonly other: number;
}

interface Aws {
  readonly local: LocalAws;
  readonly stack: Stack;
}

/** A local AWS in this process, deployed from the template that a started stack has left. */
async function startAws(): Promise<Aws> {
  const place = await freshPlace();
  await (await RunningStack.start(place)).stop();
  const template = JSON.parse(readFileSync(join(place.home, "template.json"), "utf8"));
  removePlace(place);
  const stack = new Stack(template, { region: "us-east-1", name: "gatehouse-dev" });
  const invoke = async () => ({ error: { errorType: "NoFunctions", errorMessage: "none here" } });
  return {
    local: await startLocalAws({ stack, stateDirectory: undefined, port: 0, clock: systemClock, invoke }),
    stack,
  };
}

async function countCalls(
  { local, stack }: Aws,
  counter: CountingProxy,
  issuer: TokenIssuer,
  [file, name, options]: Request,
): Promise<Calls> {
  const { Environment } = stack.resource(`${name}LambdaFunction`).properties as {
    Environment: { Variables: Record<string, string> };
  };
  const credentials = local.identities.forFunction(`${name}LambdaFunction`);
  const tenantId = newTenantId();
  const scope = "airline/flights.read airline/flights.write airline/loyalty.write";
  const token = await issuer.sign({ gatehouse_tenant: tenantId, gatehouse_plan: "standard", scope });
  const headers = {
    ...options.headers,
    Authorization: `Bearer ${token}`,
    "x-api-key": newApiKeyValue(tenantId),
  };
  const instance = new Worker(new URL("./call-twice.ts", import.meta.url), {
    workerData: {
      file,
      options: { ...options, headers },
      ...(options.resource?.includes("{flightId}") && {
        flightIds: await addFlights(local, Environment, tenantId),
      }),
    },
    env: {
      ...Environment.Variables,
      ISSUER_POOL_ID: issuer.poolId,
      JWKS_URI: issuer.jwksUri,
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL: counter.endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    },
  });
  await once(instance, "message");
  counter.reset();
  instance.postMessage("count");
  await once(instance, "message");
  return { ...counter.counts };
}

/** A flight for the request that warms up, and one for the request that counts. */
async function addFlights(
  { endpoint }: LocalAws,
  { Variables }: { readonly Variables: Record<string, string> },
  tenantId: TenantId,
): Promise<readonly FlightId[]> {
  const credentials = { accessKeyId: "operator", secretAccessKey: "operator" };
  const documents = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint, region: "us-east-1", credentials }),
  );
  const flights = [newFlightOf({ ...NEW_FLIGHT }), newFlightOf({ ...NEW_FLIGHT })];
  for (const flight of flights)
    await documents.send(
      new PutCommand({ TableName: Variables.DATA_TABLE, Item: flightItem(tenantId, flight) }),
    );
  return flights.map(({ flightId }) => flightId);
}

/** Stands in front of the local AWS and counts what comes by. */
class CountingProxy {
  counts = { dynamodb: 0, other: 0 };
  readonly #server: Server;

  private constructor(target: string) {
    this.#server = createServer((incoming, outgoing) => {
      this.counts[String(incoming.headers["x-amz-target"]).startsWith("DynamoDB_") ? "dynamodb" : "other"] +=
        1;
      const { method = "GET", headers } = incoming;
      const onward = forward(new URL(incoming.url ?? "/", target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
  }

  static async start(target: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.counts = { dynamodb: 0, other: 0 };
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
