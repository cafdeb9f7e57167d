import { AwsError } from "../kernel/aws-error.ts";
import type { IdentifyCaller } from "../kernel/server.ts";
import { parseAuthorization } from "../signature/authorization-header.ts";
import { verifySignature } from "../signature/verify-signature.ts";
import type { Identities } from "./identities.ts";

/** "(… - 15 min.)" is what DynamoDB and others say; API Gateway's own methods allow five. */
const TOLERANCE_MINUTES = 15;

/**
 * The caller of an AWS service, its signature verified where there is a secret to verify it by: for sessions
 * that the local STS issued. Any other key is the account's own, whatever it signed with. Region and service
 * of the scope are those that the caller says: one address serves all of them.
 */
export function verifiedCaller(identities: Identities): IdentifyCaller {
  return (accessKeyId, sessionToken, request) => {
    const identified = identities.identify(accessKeyId, sessionToken);
    if (identified.kind !== "session") return identified;
    const { caller, secretAccessKey } = identities.signer(accessKeyId, sessionToken);
    const [header] = request.header("authorization");
    if (header === undefined)
      throw new AwsError("MissingAuthenticationTokenException", "Request is missing Authentication Token");
    const authorization = parseAuthorization(header);
    verifySignature(request, authorization, {
      ...authorization,
      secretAccessKey,
      // The signer's clock is this machine's, also where a test turns the stack's.
      now: Date.now(),
      toleranceMinutes: TOLERANCE_MINUTES,
    });
    return caller;
  };
}
