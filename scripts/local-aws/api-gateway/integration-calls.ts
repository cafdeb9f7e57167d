import { randomUUID } from "node:crypto";
import type { CallService } from "../edge/integrations/aws-service.ts";
import type { Identities } from "../iam/identities.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";

/** The calls that API Gateway makes for integrations, each in the role of its integration. */
export function integrationCalls(services: readonly Service[], identities: Identities): CallService {
  return async ({ service, roleArn, headers, body }) => {
    const names = Object.entries(headers).map(([name, value]): [string, string] => [
      name.toLowerCase(),
      value,
    ]);
    const request: AwsRequest = {
      requestId: randomUUID(),
      method: "POST",
      path: "/",
      query: new URLSearchParams(),
      headers: Object.fromEntries(names),
      body: Buffer.from(body),
      caller: identities.asService(roleArn, "apigateway.amazonaws.com"),
      signedFor: service,
      target: new Map(names).get("x-amz-target"),
    };
    const called = services.find((candidate) => candidate.accepts(request));
    if (!called) throw new Error(`nothing answers ${service} ${request.target ?? ""}`);
    const response = await answer(called, request);
    return { status: response.status, body: response.body.toString() };
  };
}

async function answer(service: Service, request: AwsRequest): Promise<AwsResponse> {
  try {
    return await service.handle(request);
  } catch (error) {
    if (error instanceof AwsError) return service.refuse(error, request);
    throw error;
  }
}
