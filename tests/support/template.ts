import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Stack, type StackResource, type Template } from "../../scripts/local-aws/kernel/stack.ts";
import { demoPlace } from "./demo-stack.ts";

/** The template that the tests' stack was deployed from. */
export function compiledStack(): Stack {
  const template: Template = JSON.parse(readFileSync(join(demoPlace().home, "template.json"), "utf8"));
  return new Stack(template, { region: "us-east-1", name: "gatehouse-dev" });
}

/** A method of the REST API with what the template demands of its callers. */
export interface RestRoute {
  readonly method: string;
  readonly path: string;
  readonly properties: StackResource["properties"];
  /** Logical ids of what the method refers to. */
  readonly authorizer: string | undefined;
  readonly model: string | undefined;
  readonly function: string;
}

export function restRoutes(stack = compiledStack()): RestRoute[] {
  return stack
    .resources("AWS::ApiGateway::Method")
    .filter(({ properties }) => properties.HttpMethod !== "OPTIONS")
    .map(({ logicalId, properties }) => {
      const raw = stack.template.Resources[logicalId]?.Properties ?? {};
      const models = raw.RequestModels as Record<string, unknown> | undefined;
      return {
        method: String(properties.HttpMethod),
        path: pathOf(stack, raw.ResourceId),
        properties,
        authorizer: Stack.logicalIdOf(raw.AuthorizerId),
        model: Stack.logicalIdOf(models?.["application/json"]),
        function: functionOf(raw.Integration),
      };
    });
}

/** A route of the HTTP API with what the template demands of its callers. */
export interface HttpApiRoute {
  /** e.g. `GET /v1/flights` */
  readonly routeKey: string;
  /** Undefined for a route that is open to all. */
  readonly authorizer: string | undefined;
  readonly scopes: readonly string[];
  readonly function: string;
}

export function httpApiRoutes(stack = compiledStack()): HttpApiRoute[] {
  return stack.resources("AWS::ApiGatewayV2::Route").map(({ logicalId, properties }) => {
    const raw = stack.template.Resources[logicalId]?.Properties ?? {};
    const [, integration = ""] = /"Ref":"(HttpApiIntegration\w+)"/.exec(JSON.stringify(raw.Target)) ?? [];
    const { IntegrationUri } = stack.template.Resources[integration]?.Properties ?? {};
    return {
      routeKey: String(properties.RouteKey),
      authorizer: Stack.logicalIdOf(raw.AuthorizerId),
      scopes: [properties.AuthorizationScopes ?? []].flat().map(String),
      function: Stack.logicalIdOf(IntegrationUri) ?? "",
    };
  });
}

/** The routes of one of the APIs, by the first part of their path. */
export function routesUnder(
  part: "v1" | "users" | "admin" | "internal",
  stack = compiledStack(),
): RestRoute[] {
  return restRoutes(stack).filter(({ path }) => path === `/${part}` || path.startsWith(`/${part}/`));
}

/** The routes under `/v1` that ask for no token, written down: by what else who sends to them is let in. */
export const PUBLIC_ROUTES: Readonly<Record<string, string>> = {
  "POST /v1/hooks/{source}/{tenantHandle}": "the signature of the message",
};

/** The tenant API: all under `/v1` that is not public. */
export function tenantRoutes(stack = compiledStack()): RestRoute[] {
  return routesUnder("v1", stack).filter(({ method, path }) => !(`${method} ${path}` in PUBLIC_ROUTES));
}

/** Those of them with a function behind them, which checks everything again. */
export function tenantRoutesWithFunction(stack = compiledStack()): RestRoute[] {
  return tenantRoutes(stack).filter((route) => route.function !== "");
}

function pathOf(stack: Stack, resource: unknown): string {
  const logicalId = Stack.logicalIdOf(resource) ?? "";
  const { Type, Properties = {} } = stack.template.Resources[logicalId] ?? {};
  return Type === "AWS::ApiGateway::Resource"
    ? `${pathOf(stack, Properties.ParentId)}/${Properties.PathPart}`
    : "";
}

/** Logical id of the function that a proxy integration calls; empty where the gateway calls a service itself. */
function functionOf(integration: unknown): string {
  const [, logicalId = ""] = /"Fn::GetAtt":\["(\w+LambdaFunction)"/.exec(JSON.stringify(integration)) ?? [];
  return logicalId;
}
