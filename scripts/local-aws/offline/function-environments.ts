import type { Stack } from "../kernel/stack.ts";
import type { Serverless } from "./framework.ts";

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * Gives each function the environment that it would have on AWS, its references resolved, with the AWS SDK
 * pointed at the local AWS under the function's own role.
 */
export function setFunctionEnvironments(
  serverless: Serverless,
  stack: Stack,
  local: {
    readonly awsEndpoint: string;
    readonly jwksUri: string;
    readonly credentialsOf: (functionLogicalId: string) => Credentials;
  },
): void {
  // serverless-offline copies every AWS_* variable: the developer's own account must not reach a function.
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  const { provider, functions } = serverless.service;
  provider.environment = {};
  for (const [key, definition] of Object.entries(functions)) {
    const logicalId = serverless.getProvider("aws").naming.getLambdaLogicalId(key);
    const { accessKeyId, secretAccessKey, sessionToken } = local.credentialsOf(logicalId);
    const variables = variablesOf(stack, logicalId);
    definition.environment = {
      ...variables,
      ...("JWKS_URI" in variables && { JWKS_URI: local.jwksUri }),
      AWS_ENDPOINT_URL: local.awsEndpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    };
  }
}

function variablesOf(stack: Stack, logicalId: string): Record<string, string> {
  const { Environment } = stack.resource(logicalId).properties;
  const variables =
    typeof Environment === "object" && Environment !== null && "Variables" in Environment
      ? Environment.Variables
      : {};
  return Object.fromEntries(Object.entries(variables ?? {}).map(([name, value]) => [name, String(value)]));
}
