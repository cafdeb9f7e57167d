import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from "aws-lambda";
import { policiesOf } from "../../aws/dynamodb/group-policies.ts";
import { config } from "../../config.ts";
import { effectivePolicy } from "../../domain/access/effective-policy.ts";
import type { Person } from "../../domain/access/person.ts";
import { isGroupName } from "../../domain/access/policy-record.ts";
import { AccessRefusal } from "../../http/access-refusal.ts";
import { bearerToken } from "../../http/bearer-token.ts";
import { countFailure } from "../../http/metrics.ts";
import { personTokens } from "../../http/token-verifier.ts";
import { log } from "../../log.ts";

/**
 * The Lambda authorizer of the admin API: a person's groups become one policy for the whole API and stage.
 * `methodArn` is not looked at, since API Gateway keeps the answer for every method. Every failure but the
 * refusal is counted here, since Lambda's own count of errors has the refusals too.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export async function handler(event: APIGatewayTokenAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  try {
    return await answerTo(await personTokens().verify(bearerToken(event.authorizationToken)));
  } catch (error) {
    // Only an error of this very text is 401 to API Gateway; any other is a failure of ours.
    if (error instanceof AccessRefusal) throw new Error("Unauthorized");
    log.error("a person could not be authorized", { error });
    countFailure("AuthorizerFailed");
    throw error;
  }
}

async function answerTo({ sub, username, groups }: Person): Promise<APIGatewayAuthorizerResult> {
  const records = await policiesOf(config.controlTable(), [...groups].filter(isGroupName));
  const { policy, denied } = effectivePolicy(groups, records, config.apiStageArn());
  if (denied) log.warn("a person may do nothing", { sub, reason: denied });
  return {
    principalId: sub,
    policyDocument: policyOf(policy),
    context: { username, groups: [...groups].join(",") },
  };
}

/** The same document: the type of the SDK's examples has lists that may be changed. */
function policyOf(policy: ReturnType<typeof effectivePolicy>["policy"]) {
  return policy as unknown as APIGatewayAuthorizerResult["policyDocument"];
}
