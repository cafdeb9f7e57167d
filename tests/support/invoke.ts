import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { APIGatewayProxyResult } from "aws-lambda";
import { demoPlace } from "./demo-stack.ts";
import { proxyEvent, type RequestOptions } from "./event.ts";
import { useLocalAws } from "./operator.ts";
import { compiledStack } from "./template.ts";

let lambda: LambdaClient | undefined;

/** Calls a function of the running stack past the gateway, by the Lambda Invoke API. */
export async function invoke(
  functionLogicalId: string,
  options: RequestOptions,
): Promise<APIGatewayProxyResult> {
  return invokeWith(functionLogicalId, proxyEvent(options));
}

/** As {@link invoke}, with an event of whatever form. */
export async function invokeWith<Result = APIGatewayProxyResult>(
  functionLogicalId: string,
  event: object,
): Promise<Result> {
  if (!lambda) {
    useLocalAws();
    lambda = new LambdaClient({ endpoint: `http://127.0.0.1:${demoPlace().lambdaPort}` });
  }
  const { physicalId } = compiledStack().resource(functionLogicalId);
  const { Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: physicalId, Payload: JSON.stringify(event) }),
  );
  // A function that answers nothing has none.
  return JSON.parse(Payload ? new TextDecoder().decode(Payload) : "null");
}
