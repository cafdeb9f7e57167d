import type { AwsRequest, Service } from "./service.ts";

/** IAM's refusals come from a part that also serves JSON protocols, where they are 400. */
const DENIALS = [
  "AccessDeniedException",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
];

/** Headers of every answer in AWS's REST JSON protocol. */
export function restJsonHeaders(request: AwsRequest): Record<string, string> {
  return { "content-type": "application/json", "x-amzn-requestid": request.requestId };
}

/**
 * Status and headers of a refusal; how its body names the message is the service's own.
 * https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
 */
export function restJsonRefusal(
  { code, status }: Pick<Parameters<Service["refuse"]>[0], "code" | "status">,
  request: AwsRequest,
): { readonly status: number; readonly headers: Record<string, string> } {
  return {
    status: DENIALS.includes(code) ? 403 : status,
    headers: { ...restJsonHeaders(request), "x-amzn-errortype": code },
  };
}
