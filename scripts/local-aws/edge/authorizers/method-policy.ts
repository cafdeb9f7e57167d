import { evaluate } from "../../iam/evaluate.ts";
import type { RequestContext } from "../../iam/request-context.ts";
import type { PolicyDocument } from "../../kernel/caller.ts";
import type { Call } from "../call.ts";
import { Refusal } from "../refusal.ts";

const EXPLICITLY_DENIED = "User is not authorized to access this resource with an explicit deny";

/** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`, of what was called. */
export function methodArn({ api, request, path }: Call): string {
  return `arn:aws:execute-api:${api.region}:${api.accountId}:${api.restApiId}/${api.stage}/${request.method}${path}`;
}

/**
 * Evaluates an authorizer's policy for one call. Throws ACCESS_DENIED unless it allows the call, and
 * AUTHORIZER_CONFIGURATION_ERROR for a policy that is none.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export function requireAllowed(policy: PolicyDocument, call: Call): void {
  switch (decide(policy, call)) {
    case "allow":
      return;
    case "explicitDeny":
      throw new Refusal("ACCESS_DENIED", { message: EXPLICITLY_DENIED });
    case "implicitDeny":
      throw new Refusal("ACCESS_DENIED");
  }
}

function decide(policy: PolicyDocument, call: Call) {
  try {
    return evaluate([policy], {
      action: "execute-api:Invoke",
      resource: methodArn(call),
      context: contextOf(call),
    });
  } catch {
    throw new Refusal("AUTHORIZER_CONFIGURATION_ERROR");
  }
}

/**
 * Condition keys that do not need a caller with an identity of IAM.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
 */
function contextOf({ request, receivedAt }: Call): RequestContext {
  return {
    "aws:CurrentTime": new Date(receivedAt).toISOString(),
    "aws:EpochTime": String(Math.floor(receivedAt / 1000)),
    "aws:Referer": request.headers.get("referer"),
    // The real endpoint takes nothing else.
    "aws:SecureTransport": "true",
    "aws:SourceIp": request.sourceIp,
    "aws:UserAgent": request.headers.get("user-agent"),
  };
}
