import { accessDenied, type DenyingPolicy } from "../../iam/access-denied.ts";
import type { Identities } from "../../iam/identities.ts";
import { principalsOf } from "../../iam/principals.ts";
import { AwsError } from "../../kernel/aws-error.ts";
import type { RoleSession } from "../../kernel/caller.ts";
import type { Clock } from "../../kernel/clock.ts";
import { parseAuthorization } from "../../signature/authorization-header.ts";
import { verifySignature } from "../../signature/verify-signature.ts";
import type { Call } from "../call.ts";
import { INVOKE, invokeContext, invokeRequest, maskedMethodArn, methodArn } from "../method-arn.ts";
import { type GatewayResponseType, Refusal } from "../refusal.ts";
import type { AuthorizerFactory } from "./authorizer.ts";

/** Who signs, and what they may do; see `iam/identities.ts`. */
export type Signers = Pick<Identities, "signer" | "findDenial" | "callerContext" | "userId">;

const SERVICE = "execute-api";
/** "(… - 5 min.)" in its refusals. */
const TOLERANCE_MINUTES = 5;

/** Which gateway response each of the signature's errors is; what is not named here is no matter of the caller's. */
const RESPONSE_TYPES: Readonly<Record<string, GatewayResponseType>> = {
  AccessDeniedException: "ACCESS_DENIED",
  ExpiredTokenException: "EXPIRED_TOKEN",
  IncompleteSignatureException: "INVALID_SIGNATURE",
  InvalidSignatureException: "INVALID_SIGNATURE",
  UnrecognizedClientException: "INVALID_SIGNATURE",
};

/**
 * IAM authorization (`AWS_IAM`): the call is signed by Signature Version 4 with credentials of this account,
 * and the caller's policies and the API's resource policy let it pass. A signature in the query string is not
 * read; such a call counts as unsigned.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
 */
export function awsIam(signers: Signers, clock: Clock): AuthorizerFactory {
  return () => (call) => {
    try {
      const caller = authenticate(call, signers, clock);
      requireAllowed(call, caller, signers);
    } catch (error) {
      const type = error instanceof AwsError && RESPONSE_TYPES[error.code];
      if (!type) throw error;
      throw new Refusal(type, { message: error.message, errorType: error.code });
    }
    return undefined;
  };
}

function authenticate(call: Call, signers: Signers, clock: Clock): RoleSession {
  const { headers, method, path, query, body } = call.request;
  const header = headers.get("authorization");
  if (!header) throw new Refusal("MISSING_AUTHENTICATION_TOKEN");
  const authorization = parseAuthorization(header);
  const { accessKeyId } = authorization;
  const { caller, secretAccessKey } = signers.signer(accessKeyId, headers.get("x-amz-security-token"));
  verifySignature({ method, path, query, body, header: (name) => headers.all(name) }, authorization, {
    secretAccessKey,
    region: call.api.region,
    service: SERVICE,
    now: clock.now(),
    toleranceMinutes: TOLERANCE_MINUTES,
  });
  const user = signers.userId(caller);
  call.identity = {
    accessKey: accessKeyId,
    accountId: caller.accountId,
    caller: user,
    user,
    userArn: caller.arn,
  };
  return caller;
}

/**
 * Caller and API are of one account: a Deny of either side refuses the call, else an Allow of either lets it
 * pass (table A).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
function requireAllowed(call: Call, caller: RoleSession, signers: Signers): void {
  const ofResource =
    call.api.resourcePolicy?.decideFor(
      principalsOf(caller),
      invokeRequest(call, signers.callerContext(caller)),
    ) ?? "implicitDeny";
  const refuse = (denying: DenyingPolicy) => {
    throw accessDenied(caller.arn, INVOKE, maskedMethodArn(call), denying);
  };
  if (ofResource === "explicitDeny") refuse({ kind: "resource-based policy", explicit: true });
  const denial = signers.findDenial(caller, INVOKE, methodArn(call), invokeContext(call));
  if (!denial) return;
  const resourceIsEnough = !denial.explicit && denial.kind === "identity-based policy";
  if (!(resourceIsEnough && ofResource === "allow")) refuse(denial);
}
