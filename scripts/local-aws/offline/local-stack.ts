import { join } from "node:path";
import type { ControlPlaneCall } from "../api-gateway/api-gateway.ts";
import { AccessLog } from "../edge/access-log.ts";
import { openToAll } from "../edge/authorizers/authorizer.ts";
import { awsIam } from "../edge/authorizers/aws-iam.ts";
import { cognitoUserPools } from "../edge/authorizers/cognito.ts";
import { lambdaAuthorizers } from "../edge/authorizers/lambda.ts";
import { compileRestApi } from "../edge/compile-rest-api.ts";
import { Edge } from "../edge/edge.ts";
import { type EdgeListener, listen } from "../edge/listen.ts";
import type { LogEvent } from "../events/log-group-targets.ts";
import type { PermissionUse } from "../iam/identities.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Stack } from "../kernel/stack.ts";
import { type LocalAws, startLocalAws } from "../local-aws.ts";
import { Logs } from "../logs/logs.ts";
import { compileWebAcl } from "../waf/compile-web-acl.ts";
import { type LocalHttpApi, localHttpApi } from "./local-http-api.ts";

export interface LocalStackOptions {
  readonly stack: Stack;
  readonly clock: Clock;
  readonly invoke: InvokeFunction;
  readonly stateDirectory: string | undefined;
  readonly apiPort: number;
  readonly httpApiPort: number;
  readonly awsPort: number;
  readonly onError: (error: unknown) => void;
  readonly onPermissionUse?: (use: PermissionUse) => void;
  readonly onLogEvent?: (event: LogEvent) => void;
  readonly controlPlaneRates?: "enforced" | "off";
  readonly onControlPlaneCall?: (call: ControlPlaneCall) => void;
}

/** A stack deployed to the local AWS, its API not yet open. */
export interface LocalStack {
  readonly aws: LocalAws;
  readonly accessLog: AccessLog;
  /** Delivers the log groups that functions subscribe to. */
  readonly logs: Logs;
  /** `{awsEndpoint}/oauth2/token` */
  readonly tokenUrl: string;
  /** Opens the API. Rejects when its port is taken. */
  openApi(): Promise<EdgeListener>;
  /** The HTTP API, where the template has one. */
  readonly httpApi: LocalHttpApi | undefined;
}

/** Deploys the stack and puts the edge in front of its functions. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { stack, clock, invoke, onError } = options;
  const api = compileRestApi(stack);
  const webAcl = compileWebAcl(stack);
  const aws = await startLocalAws({
    ...options,
    port: options.awsPort,
    localOutputs: (endpoint) => ({
      ...(stack.template.Outputs?.ServiceEndpoint && { ServiceEndpoint: apiUrl(options.apiPort, api.stage) }),
      ApiUrl: apiUrl(options.apiPort, api.stage),
      TokenUrl: tokenUrl(endpoint),
      ...(stack.template.Outputs?.HttpApiUrl && { HttpApiUrl: `http://127.0.0.1:${options.httpApiPort}` }),
      ...(stack.template.Outputs?.HostedUiUrl && { HostedUiUrl: endpoint }),
    }),
  });
  const accessLog = new AccessLog(api.accessLogFormat ?? "");
  const logs = new Logs({ ...options, directory: logsDirectory(options.stateDirectory) });
  const accessLogGroup = logs.group(api.accessLogDestination ?? "");
  if (accessLogGroup)
    accessLog.subscribe(({ timestamp, message }) => accessLogGroup.append(timestamp, message));
  const edge = new Edge(api, {
    clock,
    invoke,
    callService: aws.callService,
    accessLog,
    onError,
    webAcl,
    meter: aws.apiGateway.meter,
    stageMeter: aws.apiGateway.stageThrottle,
    authorizers: new Map([
      ["NONE", openToAll],
      ["COGNITO_USER_POOLS", cognitoUserPools((poolId) => aws.cognito.publicKeys(poolId), clock)],
      ["CUSTOM", lambdaAuthorizers(invoke, clock)],
      ["AWS_IAM", awsIam(aws.identities, clock)],
    ]),
  });
  return {
    aws,
    accessLog,
    logs,
    tokenUrl: tokenUrl(aws.endpoint),
    openApi: async () => {
      const listener = await listen(edge, options.apiPort);
      logs.start();
      return listener;
    },
    httpApi: localHttpApi({ ...options, aws, logs }),
  };
}

function logsDirectory(stateDirectory: string | undefined): string | undefined {
  return stateDirectory === undefined ? undefined : join(stateDirectory, "logs");
}

function apiUrl(port: number, stage: string): string {
  return `http://127.0.0.1:${port}/${stage}`;
}

function tokenUrl(awsEndpoint: string): string {
  return `${awsEndpoint}/oauth2/token`;
}
