import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { isHttpApiEvent } from "./http-api-event.ts";
import { problem } from "./problem.ts";

type Endpoint = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/**
 * One function for several routes, by `<method> <resource>` as the template has them. Each endpoint has a
 * gate of its own, so that an event that says another route than was called gains nothing.
 */
export function routes<Routes extends Readonly<Record<string, Endpoint>>>(endpoints: Routes) {
  const byRoute = new Map<string, Endpoint>(Object.entries(endpoints));
  const handler = async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    // The endpoint itself refuses an event of the HTTP API where it has no route there.
    const route = isHttpApiEvent(event) ? event.routeKey : `${event.httpMethod} ${event.resource}`;
    const endpoint = byRoute.get(route);
    return endpoint ? endpoint(event, context) : problem({ code: "not-found" }, context.awsRequestId);
  };
  return Object.assign(handler, { endpoints });
}
