import { APIGatewayClient } from "@aws-sdk/client-api-gateway";
import { ApiGateway, type ApiGatewayOptions } from "../../../scripts/local-aws/api-gateway/api-gateway.ts";
import { serve } from "../../../scripts/local-aws/kernel/server.ts";
import { LOCAL_ACCOUNT_ID, Stack, type TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";
import { Store } from "../../../scripts/local-aws/kernel/store.ts";

export const DAY = 86_400_000;
/** A Wednesday. */
export const NOON = Date.UTC(2027, 2, 10, 12);
export const VALUE = "abcdefghijklmnopqrst";

export class FakeClock {
  time = NOON;

  now(): number {
    return this.time;
  }
}

/** An API with the stages dev and test, plus whatever resources are given. */
export function stackWith(resources: Record<string, TemplateResource> = {}): Stack {
  const stage = (name: string, properties: Record<string, unknown> = {}): TemplateResource => ({
    Type: "AWS::ApiGateway::Stage",
    Properties: { RestApiId: { Ref: "Api" }, StageName: name, ...properties },
  });
  return new Stack(
    {
      Resources: {
        Api: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "airline" } },
        DevStage: stage("dev"),
        TestStage: stage("test"),
        ...resources,
      },
    },
    { region: "eu-west-1", name: "gatehouse-dev" },
  );
}

export const API_ID = stackWith().ref("Api");

/** A deployed API Gateway behind HTTP, and an SDK client for it. */
export async function startApiGateway(
  options: Partial<ApiGatewayOptions> & { resources?: Record<string, TemplateResource> } = {},
) {
  const clock = new FakeClock();
  const store = options.store ?? Store.open(":memory:");
  const service = new ApiGateway({
    store,
    stack: stackWith(options.resources),
    clock,
    authorize: () => {},
    ...options,
  });
  service.deploy();
  const server = await serve([service], {
    port: 0,
    identify: () => ({
      kind: "account",
      accountId: LOCAL_ACCOUNT_ID,
      arn: `arn:aws:iam::${LOCAL_ACCOUNT_ID}:root`,
    }),
  });
  const client = new APIGatewayClient({
    endpoint: server.endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
  });
  return {
    client,
    clock,
    store,
    service,
    meter: service.meter,
    endpoint: server.endpoint,
    async close(): Promise<void> {
      client.destroy();
      await server.close();
    },
  };
}

/** What a refusal tells an SDK client. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ name: string; status: number | undefined; message: string }> {
  const answer = await call.then(
    (value) => new Error(`not refused: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(answer instanceof Error)) throw new Error(String(answer));
  const metadata = "$metadata" in answer ? answer.$metadata : undefined;
  const status =
    typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
      ? Number(metadata.httpStatusCode)
      : undefined;
  return { name: answer.name, status, message: answer.message };
}

export const badRequest = (message: unknown) => ({ name: "BadRequestException", status: 400, message });
export const conflict = (message: unknown) => ({ name: "ConflictException", status: 409, message });
export const notFound = (message: unknown) => ({ name: "NotFoundException", status: 404, message });
export const limitExceeded = (message: unknown) => ({ name: "LimitExceededException", status: 429, message });
