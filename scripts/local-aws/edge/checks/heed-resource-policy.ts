import type { Decision } from "../../iam/evaluate.ts";
import type { Call } from "../call.ts";
import { INVOKE, invokeRequest, maskedMethodArn } from "../method-arn.ts";
import { Refusal } from "../refusal.ts";
import type { Check } from "./check.ts";

/**
 * Before anyone is authorized: a method without authorization needs an explicit Allow, and a Lambda
 * authorizer is not asked about a call that is denied. (What it says is then weighed together with the
 * resource policy, see `authorizers/method-policy.ts`; so is the identity of a signed call.)
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export const heedResourcePolicyBefore: Check = (call, route) => {
  const decision = call.api.resourcePolicy?.decide(invokeRequest(call)) ?? "allow";
  if (route.authorization.type === "NONE") requireAllow(decision, call);
  if (route.authorization.type === "CUSTOM" && decision === "explicitDeny") throw denied(decision, call);
};

/** After Cognito has vouched for the caller "the resource policy is evaluated independently, and an explicit allow is required". */
export const heedResourcePolicyAfter: Check = (call, route) => {
  if (route.authorization.type !== "COGNITO_USER_POOLS" || !call.api.resourcePolicy) return;
  requireAllow(call.api.resourcePolicy.decide(invokeRequest(call)), call);
};

function requireAllow(decision: Decision, call: Call): void {
  if (decision !== "allow") throw denied(decision, call);
}

/** https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer */
export function denied(decision: Exclude<Decision, "allow">, call: Call): Refusal {
  const why = decision === "explicitDeny" ? " with an explicit deny" : "";
  return new Refusal("ACCESS_DENIED", {
    message: `User: anonymous is not authorized to perform: ${INVOKE} on resource: ${maskedMethodArn(call)}${why}`,
  });
}
