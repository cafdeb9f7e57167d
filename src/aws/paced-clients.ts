import { APIGatewayClient } from "@aws-sdk/client-api-gateway";
import { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { retryThrottledCalls } from "./control-plane.ts";
import { deadlineClock } from "./deadline.ts";
import { Pacing } from "./pacing.ts";

const pacing = new Pacing(deadlineClock);

/** Inside the retries, so that each attempt waits for its turn. */
const EACH_ATTEMPT = { step: "finalizeRequest", name: "pace", priority: "low", override: true } as const;

/** A client for the control plane of API Gateway, at this process' pace. */
export function pacedGateway(): APIGatewayClient {
  const client = new APIGatewayClient({ retryStrategy: retryThrottledCalls });
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        pacing.attempt("api-gateway", commandName, () => next(args)),
    EACH_ATTEMPT,
  );
  return client;
}

/** A client for the app clients of a user pool, at this process' pace. */
export function pacedCognito(): CognitoIdentityProviderClient {
  const client = new CognitoIdentityProviderClient({ retryStrategy: retryThrottledCalls });
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        pacing.attempt("cognito", commandName, () => next(args)),
    EACH_ATTEMPT,
  );
  return client;
}
