import type { APIGatewayProxyEventV2WithJWTAuthorizer } from "aws-lambda";
import { AccessLog } from "../../scripts/local-aws/edge/access-log.ts";
import { listen } from "../../scripts/local-aws/edge/listen.ts";
import { compileHttpApi } from "../../scripts/local-aws/http-api/compile-http-api.ts";
import { HttpEdge } from "../../scripts/local-aws/http-api/http-edge.ts";
import { jwtAuthorizer } from "../../scripts/local-aws/http-api/jwt-authorizer.ts";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import { Stack, type Template, type TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";
import { FOREIGN_POOL_ID, foreignPool, issuer, NOW, POOL_ID, pool } from "./edge-under-test.ts";

const API = { Ref: "HttpApi" };
const LOG_FORMAT =
  '{"tenant":"$context.authorizer.claims.gatehouse_tenant","route":"$context.routeKey","status":"$context.status","responseType":"$context.error.responseType","requestId":"$context.requestId","method":"$context.httpMethod","nothing":"$context.no.such.thing"}';

export function route(routeKey: string, properties: Record<string, unknown> = {}): TemplateResource {
  return {
    Type: "AWS::ApiGatewayV2::Route",
    Properties: {
      ApiId: API,
      RouteKey: routeKey,
      Target: { "Fn::Join": ["/", ["integrations", { Ref: "Integration" }]] },
      ...properties,
    },
  };
}

const forScopes = (...AuthorizationScopes: string[]) => ({
  AuthorizationType: "JWT",
  AuthorizerId: { Ref: "Jwt" },
  ...(AuthorizationScopes.length > 0 && { AuthorizationScopes }),
});

/** A small HTTP API as Serverless compiles one. */
export function httpApiTemplate(more: Record<string, TemplateResource> = {}): Template {
  return {
    Resources: {
      HttpApi: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "edge", ProtocolType: "HTTP" } },
      HttpApiStage: {
        Type: "AWS::ApiGatewayV2::Stage",
        Properties: { ApiId: API, StageName: "$default", AccessLogSettings: { Format: LOG_FORMAT } },
      },
      Jwt: {
        Type: "AWS::ApiGatewayV2::Authorizer",
        Properties: {
          ApiId: API,
          Name: "machines",
          AuthorizerType: "JWT",
          IdentitySource: ["$request.header.Authorization"],
          JwtConfiguration: { Audience: ["client-1"], Issuer: issuer(POOL_ID) },
        },
      },
      Echo: { Type: "AWS::Lambda::Function", Properties: { FunctionName: "echo" } },
      Integration: {
        Type: "AWS::ApiGatewayV2::Integration",
        Properties: {
          ApiId: API,
          IntegrationType: "AWS_PROXY",
          IntegrationUri: { "Fn::GetAtt": ["Echo", "Arn"] },
          PayloadFormatVersion: "2.0",
          TimeoutInMillis: 200,
        },
      },
      ListFlights: route("GET /v1/flights", forScopes("airline/flights.read", "airline/admin")),
      GetFlight: route("GET /v1/flights/{flightId}", forScopes("airline/flights.read")),
      WithoutScopes: route("GET /v1/me", forScopes()),
      Open: route("ANY /v1/open"),
      ...more,
    },
  };
}

export interface HttpEdgeUnderTest {
  readonly url: string;
  readonly events: APIGatewayProxyEventV2WithJWTAuthorizer[];
  readonly logLines: string[];
  audiences: readonly string[];
  /** Epoch milliseconds. */
  now: number;
  /** What the function does. */
  answer: (event: APIGatewayProxyEventV2WithJWTAuthorizer) => unknown;
  close(): Promise<void>;
}

export async function startHttpEdge(more: Record<string, TemplateResource> = {}): Promise<HttpEdgeUnderTest> {
  const api = compileHttpApi(new Stack(httpApiTemplate(more), { region: "eu-west-1", name: "edge-dev" }));
  if (!api) throw new Error("the template has no HTTP API");
  const accessLog = new AccessLog(api.accessLogFormat ?? "");
  const running: HttpEdgeUnderTest = {
    url: "",
    events: [],
    logLines: [],
    audiences: ["another", "client-1"],
    now: NOW,
    answer: () => ({ statusCode: 200, body: "{}" }),
    close: async () => {},
  };
  accessLog.subscribe(({ message }) => running.logLines.push(message));
  const keys = new Map([
    [POOL_ID, [pool]],
    [FOREIGN_POOL_ID, [foreignPool]],
  ]);
  const clock = { now: () => running.now };
  const invoke = async (_functionArn: string, payload: unknown): Promise<InvocationResult> => {
    const event = payload as APIGatewayProxyEventV2WithJWTAuthorizer;
    running.events.push(event);
    try {
      return { payload: await running.answer(event) };
    } catch (error) {
      return { error: { errorType: "Error", errorMessage: String(error) } };
    }
  };
  const authorize = jwtAuthorizer({
    publicKeys: (poolId) => keys.get(poolId) ?? [],
    audiences: () => running.audiences,
    clock,
  });
  const listener = await listen(new HttpEdge(api, { clock, invoke, accessLog, authorize }), 0);
  return Object.assign(running, { url: listener.endpoint, close: () => listener.close() });
}
