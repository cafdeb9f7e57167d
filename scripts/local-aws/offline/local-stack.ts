import { AccessLog } from "../edge/access-log.ts";
import { openToAll } from "../edge/authorizers/authorizer.ts";
import { cognitoUserPools } from "../edge/authorizers/cognito.ts";
import { lambdaAuthorizers } from "../edge/authorizers/lambda.ts";
import { compileRestApi } from "../edge/compile-rest-api.ts";
import { Edge } from "../edge/edge.ts";
import { type EdgeListener, listen } from "../edge/listen.ts";
import type { PermissionUse } from "../iam/identities.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Stack } from "../kernel/stack.ts";
import { type LocalAws, startLocalAws } from "../local-aws.ts";

export interface LocalStackOptions {
  readonly stack: Stack;
  readonly clock: Clock;
  readonly invoke: InvokeFunction;
  readonly stateDirectory: string | undefined;
  readonly apiPort: number;
  readonly awsPort: number;
  readonly onError: (error: unknown) => void;
  readonly onPermissionUse?: (use: PermissionUse) => void;
}

/** A stack deployed to the local AWS, its API not yet open. */
export interface LocalStack {
  readonly aws: LocalAws;
  readonly accessLog: AccessLog;
  /** `{awsEndpoint}/oauth2/token` */
  readonly tokenUrl: string;
  /** Opens the API. Rejects when its port is taken. */
  openApi(): Promise<EdgeListener>;
}

/** Deploys the stack and puts the edge in front of its functions. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { stack, clock, invoke, onError } = options;
  const api = compileRestApi(stack);
  const aws = await startLocalAws({
    ...options,
    port: options.awsPort,
    localOutputs: (endpoint) => ({
      ...(stack.template.Outputs?.ServiceEndpoint && { ServiceEndpoint: apiUrl(options.apiPort, api.stage) }),
      ApiUrl: apiUrl(options.apiPort, api.stage),
      TokenUrl: tokenUrl(endpoint),
      ...(stack.template.Outputs?.HostedUiUrl && { HostedUiUrl: endpoint }),
    }),
  });
  const accessLog = new AccessLog(api.accessLogFormat ?? "");
  const edge = new Edge(api, {
    clock,
    invoke,
    accessLog,
    onError,
    meter: aws.apiGateway.meter,
    stageMeter: aws.apiGateway.stageThrottle,
    authorizers: new Map([
      ["NONE", openToAll],
      ["COGNITO_USER_POOLS", cognitoUserPools((poolId) => aws.cognito.publicKeys(poolId), clock)],
      ["CUSTOM", lambdaAuthorizers(invoke, clock)],
    ]),
  });
  return {
    aws,
    accessLog,
    tokenUrl: tokenUrl(aws.endpoint),
    openApi: () => listen(edge, options.apiPort),
  };
}

function apiUrl(port: number, stage: string): string {
  return `http://127.0.0.1:${port}/${stage}`;
}

function tokenUrl(awsEndpoint: string): string {
  return `${awsEndpoint}/oauth2/token`;
}
