import type { Call } from "./call.ts";
import { clfTime } from "./request-time.ts";

/** What a response adds to the variables of an access log line. */
export interface Outcome {
  readonly status: number;
  /** Bytes of the body. */
  readonly length: number;
  /** Milliseconds from receiving the call to answering it. */
  readonly latency: number;
}

type Value = string | number | boolean | null | undefined;

/**
 * `$context` variables of REST APIs by their name after `$context.`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
const VARIABLES: Readonly<Record<string, (call: Call, outcome: Outcome | undefined) => Value>> = {
  accountId: ({ api }) => api.accountId,
  apiId: ({ api }) => api.restApiId,
  deploymentId: ({ api }) => api.deploymentId,
  domainName: ({ api }) => domainNameOf(api),
  domainPrefix: ({ api }) => api.restApiId,
  "error.message": ({ refusal }) => refusal?.message,
  "error.messageString": ({ refusal }) => refusal && JSON.stringify(refusal.message),
  "error.responseType": ({ refusal }) => refusal?.responseType,
  "error.validationErrorString": ({ refusal }) => refusal?.validationErrors,
  extendedRequestId: ({ extendedRequestId }) => extendedRequestId,
  httpMethod: ({ request }) => request.method,
  "identity.accessKey": ({ identity }) => identity?.accessKey,
  "identity.accountId": ({ identity }) => identity?.accountId,
  "identity.apiKey": ({ apiKey }) => apiKey?.value,
  "identity.apiKeyId": ({ apiKey }) => apiKey?.id,
  "identity.caller": ({ identity }) => identity?.caller,
  "identity.sourceIp": ({ request }) => request.sourceIp,
  "identity.user": ({ identity }) => identity?.user,
  "identity.userAgent": ({ request }) => request.headers.get("user-agent"),
  "identity.userArn": ({ identity }) => identity?.userArn,
  "integration.latency": ({ integration }) => integration?.latency,
  "integration.status": ({ integration }) => integration?.status,
  integrationLatency: ({ integration }) => integration?.latency,
  // The status of Lambda's Invoke API, not of the function's answer: 200 whenever the function ran.
  integrationStatus: ({ integration }) => integration && 200,
  operationName: ({ route }) => route?.operationName,
  path: ({ request }) => request.path,
  protocol: ({ request }) => request.protocol,
  requestId: ({ requestId }) => requestId,
  requestTime: ({ receivedAt }) => clfTime(receivedAt),
  requestTimeEpoch: ({ receivedAt }) => receivedAt,
  resourceId: ({ route }) => route?.resourceId,
  resourcePath: ({ route }) => route?.resourcePath,
  responseLatency: (_call, outcome) => outcome?.latency,
  responseLength: (_call, outcome) => outcome?.length,
  stage: ({ api }) => api.stage,
  status: (_call, outcome) => outcome?.status,
  xrayTraceId: ({ traceId }) => traceId,
};

/** The variable's value as text; undefined when there is none. */
export function contextVariable(name: string, call: Call, outcome?: Outcome): string | undefined {
  const value = name.startsWith("authorizer.")
    ? authorizerVariable(name.slice("authorizer.".length), call)
    : VARIABLES[name]?.(call, outcome);
  return value === undefined || value === null ? undefined : String(value);
}

/** `$context` as mapping templates find it: members within members, the empty text for what there is not. */
export function contextVariables(call: Call): Record<string, unknown> {
  const context: Record<string, unknown> = { authorizer: structuredClone(call.authorizer ?? {}) };
  for (const name of Object.keys(VARIABLES)) {
    const [member = "", inner] = name.split(".");
    const value = contextVariable(name, call) ?? "";
    context[member] = inner === undefined ? value : { ...Object(context[member]), [inner]: value };
  }
  return context;
}

function authorizerVariable(name: string, { authorizer }: Call): Value {
  if (!authorizer) return undefined;
  if (!name.startsWith("claims.")) {
    const value = own(authorizer, name);
    return typeof value === "object" ? undefined : value;
  }
  const { claims } = authorizer;
  // A claim's name may hold dots itself (`https://example.com/tenant`), so the rest is one name.
  return typeof claims === "object" ? own(claims, name.slice("claims.".length)) : undefined;
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function domainNameOf(api: { readonly restApiId: string; readonly region: string }): string {
  return `${api.restApiId}.execute-api.${api.region}.amazonaws.com`;
}
