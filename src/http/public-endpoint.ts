import middy from "@middy/core";
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  Context,
} from "aws-lambda";
import { answerProblems } from "./answer-problems.ts";
import { fromHttpApi, isHttpApiEvent } from "./http-api-event.ts";

/** An endpoint for everyone, who learn nothing of any tenant from it. */
interface PublicEndpoint {
  /** Written down, so that nobody leaves a scope out and opens a route. */
  readonly scope: "public";
  readonly handle: () => Promise<APIGatewayProxyResult>;
}

/** As `EndpointContract` of the tenant API. */
export interface PublicContract {
  readonly scopes: "public";
  readonly httpApi: boolean;
}

export function publicEndpoint({ scope, handle }: PublicEndpoint) {
  const gate = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, Context>({ timeoutEarlyInMillis: 0 })
    .use(answerProblems<Context>(() => ({})))
    .handler(handle);
  const handler = (
    event: APIGatewayProxyEvent | APIGatewayProxyEventV2,
    context: Context,
  ): Promise<APIGatewayProxyResult> => gate(isHttpApiEvent(event) ? fromHttpApi(event) : event, context);
  const contract: PublicContract = { scopes: scope, httpApi: true };
  return Object.assign(handler, { contract });
}
