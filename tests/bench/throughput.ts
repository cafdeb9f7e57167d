import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  GetRestApisCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolClientCommand,
  ListUserPoolClientsCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import autocannon from "autocannon";
import { Machine } from "../support/machine.ts";
import { freshPlace, removePlace } from "../support/running-stack.ts";
import { atLeast, type Measurement, median } from "./measurement.ts";
import { type OfflineProcess, startGated, startStock } from "./offline-process.ts";

const CONNECTIONS = 8;
const SECONDS = 3;
const ROUNDS = 5;

/** Requests a second through the edge with every check, beside stock serverless-offline with none. */
export async function measureThroughput(): Promise<Measurement[]> {
  const places = [await freshPlace(), await freshPlace()] as const;
  const [stock, gated] = [await startStock(places[0]), await startGated(places[1])];
  try {
    const { authorization } = await signInToBench(gated);
    const samples: [number[], number[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const [ours, theirs] = [await load(gated.url, authorization), await load(stock.url, {})];
      // The first round is the warm-up.
      if (round === 0) continue;
      samples[0].push(ours);
      samples[1].push(theirs);
    }
    const [ours, theirs] = samples.map(median);
    return [
      atLeast("requests through the edge / stock serverless-offline", "1/s", ours ?? 0, theirs ?? 0, 0.8),
    ];
  } finally {
    for (const running of [stock, gated]) running.stop();
    for (const place of places) removePlace(place);
  }
}

async function load(url: string, headers: Record<string, string>): Promise<number> {
  const result = await autocannon({
    url: `${url}/ping`,
    connections: CONNECTIONS,
    duration: SECONDS,
    headers,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url} refused ${result.non2xx + result.errors} requests`);
  return result["2xx"] / result.duration;
}

/** A machine with a key in a plan without limits. */
async function signInToBench({
  url,
  awsEndpoint = "",
  userPoolId: UserPoolId,
}: OfflineProcess): Promise<Machine> {
  const credentials = { accessKeyId: "operator", secretAccessKey: "operator" };
  const settings = { endpoint: awsEndpoint, region: "us-east-1", credentials };
  const cognito = new CognitoIdentityProviderClient(settings);
  const { UserPoolClients = [] } = await cognito.send(
    new ListUserPoolClientsCommand({ UserPoolId, MaxResults: 1 }),
  );
  const { UserPoolClient } = await cognito.send(
    new DescribeUserPoolClientCommand({ UserPoolId, ClientId: UserPoolClients[0]?.ClientId }),
  );
  const gateway = new APIGatewayClient(settings);
  const { items: [api] = [] } = await gateway.send(new GetRestApisCommand({}));
  const key = await gateway.send(new CreateApiKeyCommand({ name: "bench", enabled: true }));
  const plan = await gateway.send(
    new CreateUsagePlanCommand({ name: "bench", apiStages: [{ apiId: api?.id, stage: "dev" }] }),
  );
  await gateway.send(
    new CreateUsagePlanKeyCommand({ usagePlanId: plan.id, keyId: key.id, keyType: "API_KEY" }),
  );
  return Machine.signIn(
    { apiUrl: url, tokenUrl: `${awsEndpoint}/oauth2/token` },
    {
      clientId: UserPoolClient?.ClientId ?? "",
      clientSecret: UserPoolClient?.ClientSecret ?? "",
      apiKey: key.value ?? "",
    },
  );
}
