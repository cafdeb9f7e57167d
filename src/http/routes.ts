import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { problem } from "./problem.ts";

type Endpoint = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/**
 * One function for several routes, by `<method> <resource>` as the template has them. Each endpoint has a
 * gate of its own, so that an event that says another route than was called gains nothing; nor does one in the form
 * of the HTTP API, which names its route otherwise.
 */
export function routes<Routes extends Readonly<Record<string, Endpoint>>>(endpoints: Routes) {
  const byRoute = new Map<string, Endpoint>(Object.entries(endpoints));
  const handler = async (
    event: APIGatewayProxyEvent & { readonly routeKey?: string },
    context: Context,
  ): Promise<APIGatewayProxyResult> => {
    const endpoint = byRoute.get(event.routeKey ?? `${event.httpMethod} ${event.resource}`);
    return endpoint ? endpoint(event, context) : problem({ code: "not-found" }, context.awsRequestId);
  };
  return Object.assign(handler, { endpoints });
}
