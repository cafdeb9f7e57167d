import type { PolicyRequest } from "../iam/evaluate.ts";
import type { RequestContext } from "../iam/request-context.ts";
import type { Call } from "./call.ts";

/** The one action by which an API is called. */
export const INVOKE = "execute-api:Invoke";

/** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`, of what was called. */
export function methodArn({ api, request, path }: Call): string {
  return `arn:aws:execute-api:${api.region}:${api.accountId}:${api.restApiId}/${api.stage}/${request.method}${path}`;
}

/** {@link methodArn} as refusals show it: `********` and the account's last four digits. */
export function maskedMethodArn(call: Call): string {
  const { accountId } = call.api;
  return methodArn(call).replace(`:${accountId}:`, `:********${accountId.slice(-4)}:`);
}

/**
 * Condition keys of a call that do not need a caller with an identity of IAM. A call through a VPC endpoint
 * has its address in `aws:VpcSourceIp`, and no `aws:SourceIp`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
 */
export function invokeContext({ request, receivedAt }: Call): RequestContext {
  const { vpcEndpointId, sourceIp } = request;
  return {
    "aws:CurrentTime": new Date(receivedAt).toISOString(),
    "aws:EpochTime": String(Math.floor(receivedAt / 1000)),
    "aws:Referer": request.headers.get("referer"),
    // The real endpoint takes nothing else.
    "aws:SecureTransport": "true",
    ...(vpcEndpointId === undefined
      ? { "aws:SourceIp": sourceIp }
      : { "aws:SourceVpce": vpcEndpointId, "aws:VpcSourceIp": sourceIp }),
    "aws:UserAgent": request.headers.get("user-agent"),
  };
}

/** A call as policies see it. @param more condition keys that its caller brings */
export function invokeRequest(call: Call, more: RequestContext = {}): PolicyRequest {
  return { action: INVOKE, resource: methodArn(call), context: { ...more, ...invokeContext(call) } };
}
