import { evaluate } from "../../iam/evaluate.ts";
import type { PolicyDocument } from "../../kernel/caller.ts";
import type { Call } from "../call.ts";
import { denied } from "../checks/heed-resource-policy.ts";
import { invokeRequest } from "../method-arn.ts";
import { Refusal } from "../refusal.ts";

const EXPLICITLY_DENIED = "User is not authorized to access this resource with an explicit deny";

/**
 * Weighs an authorizer's policy together with the API's resource policy: a Deny of either refuses the call,
 * else an Allow of either lets it pass (table A). Throws ACCESS_DENIED unless it may pass, and
 * AUTHORIZER_CONFIGURATION_ERROR for a policy that is none.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export function requireAllowed(policy: PolicyDocument, call: Call): void {
  const ofAuthorizer = decide(policy, call);
  const ofResource = call.api.resourcePolicy?.decide(invokeRequest(call)) ?? "implicitDeny";
  if (ofAuthorizer === "explicitDeny") throw new Refusal("ACCESS_DENIED", { message: EXPLICITLY_DENIED });
  if (ofResource === "explicitDeny") throw denied(ofResource, call);
  if (ofAuthorizer !== "allow" && ofResource !== "allow") throw new Refusal("ACCESS_DENIED");
}

function decide(policy: PolicyDocument, call: Call) {
  try {
    return evaluate([policy], invokeRequest(call));
  } catch {
    throw new Refusal("AUTHORIZER_CONFIGURATION_ERROR");
  }
}
