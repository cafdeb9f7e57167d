import { flagOf, objectOf, optionalText, textOf, textsOf } from "../edge/template-reader.ts";
import { Stack, type StackResource } from "../kernel/stack.ts";
import type { HttpApi, HttpRoute, JwtAuthorizerSettings } from "./http-api.ts";

const IDENTITY_SOURCE = "$request.header.Authorization";
const DEFAULT_TIMEOUT_MILLISECONDS = 30_000;

/** Reads the template's HTTP API; undefined without one, or when it is closed. Throws where it asks for what the edge cannot do. */
export function compileHttpApi(stack: Stack): HttpApi | undefined {
  const [api, another] = stack.resources("AWS::ApiGatewayV2::Api");
  if (!api || flagOf(api.properties.DisableExecuteApiEndpoint)) return undefined;
  if (another) throw new Error("the local edge serves one AWS::ApiGatewayV2::Api, the template has several");
  const protocol = textOf(api.properties.ProtocolType, "ProtocolType");
  if (protocol !== "HTTP") throw new Error(`the local edge serves no ${protocol} API`);
  if (api.properties.CorsConfiguration !== undefined)
    throw new Error("the local edge answers no CORS requests for an HTTP API");
  const [stage] = stack.resources("AWS::ApiGatewayV2::Stage");
  const stageName = textOf(stage?.properties.StageName, "StageName");
  if (stageName !== "$default") throw new Error(`the local edge serves the stage $default, not ${stageName}`);
  const log = objectOf(stage?.properties.AccessLogSettings, "AccessLogSettings");
  return {
    apiId: api.physicalId,
    accountId: stack.accountId,
    region: stack.region,
    routes: stack.resources("AWS::ApiGatewayV2::Route").map((route) => compileRoute(stack, route)),
    accessLogFormat: optionalText(log.Format, "AccessLogSettings.Format"),
    accessLogDestination: optionalText(log.DestinationArn, "AccessLogSettings.DestinationArn"),
  };
}

function compileRoute(stack: Stack, route: StackResource): HttpRoute {
  const routeKey = textOf(route.properties.RouteKey, "RouteKey");
  const [, httpMethod, resourcePath] = /^([A-Z]+) (\/\S*)$/.exec(routeKey) ?? [];
  if (!httpMethod || !resourcePath) throw new Error(`the local edge knows no route ${routeKey}`);
  return {
    routeKey,
    httpMethod,
    resourcePath,
    authorizer: authorizerOf(stack, route),
    scopes: textsOf(route.properties.AuthorizationScopes, "AuthorizationScopes"),
    ...integrationOf(stack, route),
  };
}

function authorizerOf(
  stack: Stack,
  { logicalId, properties }: StackResource,
): JwtAuthorizerSettings | undefined {
  const type = optionalText(properties.AuthorizationType, "AuthorizationType") ?? "NONE";
  if (type === "NONE") return undefined;
  if (type !== "JWT") throw new Error(`the local edge cannot check ${type} (${properties.RouteKey})`);
  const authorizer = referred(stack, logicalId, "AuthorizerId");
  if (!authorizer) throw new Error(`the route ${properties.RouteKey} names no authorizer of the template`);
  const [source, ...others] = textsOf(authorizer.properties.IdentitySource, "IdentitySource");
  if (source?.toLowerCase() !== IDENTITY_SOURCE.toLowerCase() || others.length > 0)
    throw new Error(`the local edge takes a token from ${IDENTITY_SOURCE} only`);
  const { Issuer } = objectOf(authorizer.properties.JwtConfiguration, "JwtConfiguration");
  return { authorizerId: authorizer.physicalId, issuer: textOf(Issuer, "JwtConfiguration.Issuer") };
}

function integrationOf(
  stack: Stack,
  { properties }: StackResource,
): Pick<HttpRoute, "functionArn" | "timeoutMilliseconds"> {
  const target = textOf(properties.Target, "Target");
  const integration = stack
    .resources("AWS::ApiGatewayV2::Integration")
    .find(({ physicalId }) => target === `integrations/${physicalId}`);
  if (!integration) throw new Error(`the route ${properties.RouteKey} names no integration of the template`);
  const { IntegrationType, PayloadFormatVersion, IntegrationUri, TimeoutInMillis } = integration.properties;
  if (IntegrationType !== "AWS_PROXY" || PayloadFormatVersion !== "2.0")
    throw new Error(
      `the local edge integrates functions in payload format 2.0 only (${properties.RouteKey})`,
    );
  return {
    functionArn: textOf(IntegrationUri, "IntegrationUri"),
    timeoutMilliseconds: Number(TimeoutInMillis ?? DEFAULT_TIMEOUT_MILLISECONDS),
  };
}

function referred(stack: Stack, logicalId: string, property: string): StackResource | undefined {
  const target = Stack.logicalIdOf(stack.template.Resources[logicalId]?.Properties?.[property]);
  return target === undefined ? undefined : stack.resource(target);
}
