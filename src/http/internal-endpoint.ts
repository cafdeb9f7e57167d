import middy from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { config } from "../config.ts";
import { isAllowedPrincipal } from "../domain/access/principal.ts";
import { type ReachedTenant, reachedTenant } from "../domain/access/verified-tenant.ts";
import { AccessRefusal } from "./access-refusal.ts";
import { answerProblems } from "./answer-problems.ts";
import type { Step } from "./gate.ts";
import { tenantIn } from "./path-parameters.ts";
import { requirePlainPath } from "./require-plain-path.ts";

/** What an endpoint gets: everything in it has passed the gate. */
interface InternalRequest {
  /** The tenant that was asked for; it need not exist. */
  readonly tenant: ReachedTenant;
  /** The event as API Gateway sent it, for path parameters. */
  readonly event: APIGatewayProxyEvent;
}

interface InternalEndpoint {
  readonly handle: (request: InternalRequest) => Promise<APIGatewayProxyResult>;
}

/** Who calls, by the gateway's word: it has verified the signature. */
interface InternalContext extends Context {
  callerArn: string;
}

/**
 * An endpoint for other AWS services: principal → path → tenant of the path → handle → answer or problem. There is no
 * credential in the event to verify again, so whoever may invoke the function directly passes for any
 * principal; that permission is given to API Gateway alone.
 */
export function internalEndpoint({ handle }: InternalEndpoint) {
  const gate = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, InternalContext>({
    timeoutEarlyInMillis: 0,
  })
    .use(answerProblems<InternalContext>(({ callerArn }) => ({ callerArn })))
    .use(requirePrincipal())
    .use(requirePlainPath("There is no such tenant."));
  const opened = gate.handler(async (event) =>
    handle({ tenant: reachedTenant(tenantIn(event), "internal-caller"), event }),
  );
  // The steps put into the context what its type promises before anything reads it.
  const handler = (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> =>
    opened(event, context as InternalContext);
  return Object.assign(handler, { contract: { authorization: "AWS_IAM" as const } });
}

/** Requires a caller of the allow-list. */
function requirePrincipal(): Step<InternalContext> {
  return {
    before: function requirePrincipalBefore({ event, context }) {
      const userArn: unknown = event.requestContext?.identity?.userArn;
      if (typeof userArn !== "string" || !isAllowedPrincipal(userArn, config.internalCallers()))
        throw AccessRefusal.unknownPrincipal();
      context.callerArn = userArn;
    },
  };
}
