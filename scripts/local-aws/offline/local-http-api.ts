import { AccessLog } from "../edge/access-log.ts";
import { type EdgeListener, listen } from "../edge/listen.ts";
import { compileHttpApi } from "../http-api/compile-http-api.ts";
import { HttpEdge } from "../http-api/http-edge.ts";
import { jwtAuthorizer } from "../http-api/jwt-authorizer.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import type { Stack } from "../kernel/stack.ts";
import type { LocalAws } from "../local-aws.ts";
import type { Logs } from "../logs/logs.ts";

export interface LocalHttpApi {
  readonly accessLog: AccessLog;
  /** Rejects when its port is taken. */
  open(): Promise<EdgeListener>;
}

/** The stack's HTTP API, not yet open; undefined when its template has none. */
export function localHttpApi(parts: {
  readonly stack: Stack;
  readonly clock: Clock;
  readonly invoke: InvokeFunction;
  readonly httpApiPort: number;
  readonly onError: (error: unknown) => void;
  readonly aws: LocalAws;
  readonly logs: Logs;
}): LocalHttpApi | undefined {
  const { stack, clock, aws } = parts;
  const api = compileHttpApi(stack);
  if (!api) return undefined;
  const accessLog = new AccessLog(api.accessLogFormat ?? "");
  const logGroup = parts.logs.group(api.accessLogDestination ?? "");
  if (logGroup) accessLog.subscribe(({ timestamp, message }) => logGroup.append(timestamp, message));
  const authorize = jwtAuthorizer({
    publicKeys: (userPoolId) => aws.cognito.publicKeys(userPoolId),
    audiences: (authorizerId) => aws.apiGateway.httpApis.audiences(authorizerId),
    clock,
  });
  const edge = new HttpEdge(api, { ...parts, accessLog, authorize });
  return { accessLog, open: () => listen(edge, parts.httpApiPort) };
}
