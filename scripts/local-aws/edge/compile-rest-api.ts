import { Stack, type StackResource } from "../kernel/stack.ts";
import { compileGatewayResponse } from "./compile-gateway-response.ts";
import { compileIntegration } from "./compile-integration.ts";
import { compileModels, type ModelsByLogicalId } from "./compile-models.ts";
import { compileResourcePolicy } from "./compile-resource-policy.ts";
import type { GatewayResponse, RestApi, Route, RouteAuthorization } from "./rest-api.ts";
import { flagOf, objectOf, optionalText, textOf, textsOf } from "./template-reader.ts";

/** Reads the template's REST API as it would be deployed. Throws where it asks for what the edge cannot do. */
export function compileRestApi(stack: Stack): RestApi {
  const [restApi, another] = stack.resources("AWS::ApiGateway::RestApi");
  if (!restApi) throw new Error("the template has no AWS::ApiGateway::RestApi");
  if (another)
    throw new Error("the local edge serves one AWS::ApiGateway::RestApi, the template has several");
  const [deployment] = stack.resources("AWS::ApiGateway::Deployment");
  const [stage] = stack.resources("AWS::ApiGateway::Stage");
  const accessLog = objectOf(stage?.properties.AccessLogSetting, "AccessLogSetting");
  const models = compileModels(stack, restApi.physicalId);
  return {
    restApiId: restApi.physicalId,
    accountId: stack.accountId,
    region: stack.region,
    stage: textOf(stage?.properties.StageName ?? deployment?.properties.StageName, "StageName"),
    deploymentId: deployment?.physicalId ?? "",
    stageVariables: Object.fromEntries(
      Object.entries(objectOf(stage?.properties.Variables, "Variables")).map(([name, value]) => [
        name,
        textOf(value, name),
      ]),
    ),
    routes: stack.resources("AWS::ApiGateway::Method").map((method) => compileRoute(stack, method, models)),
    resourcePolicy: compileResourcePolicy(stack, restApi),
    gatewayResponses: compileGatewayResponses(stack),
    binaryMediaTypes: textsOf(restApi.properties.BinaryMediaTypes, "BinaryMediaTypes"),
    accessLogFormat: optionalText(accessLog.Format, "AccessLogSetting.Format"),
    accessLogDestination: optionalText(accessLog.DestinationArn, "AccessLogSetting.DestinationArn"),
  };
}

function compileRoute(stack: Stack, method: StackResource, models: ModelsByLogicalId): Route {
  const { properties } = method;
  const raw = rawProperties(stack, method.logicalId);
  const httpMethod = textOf(properties.HttpMethod, "HttpMethod").toUpperCase();
  const resourcePath = pathOf(stack, raw.ResourceId);
  const validator = referred(stack, raw.RequestValidatorId);
  const required = Object.entries(objectOf(properties.RequestParameters, "RequestParameters"))
    .filter(([, isRequired]) => flagOf(isRequired))
    .map(([name]) => name);
  return {
    resourcePath,
    resourceId: textOf(properties.ResourceId, "ResourceId"),
    httpMethod,
    operationName: optionalText(properties.OperationName, "OperationName"),
    authorization: authorizationOf(stack, method),
    apiKeyRequired: flagOf(properties.ApiKeyRequired),
    requiredParameters: flagOf(validator?.properties.ValidateRequestParameters) ? required : [],
    bodyModels: flagOf(validator?.properties.ValidateRequestBody)
      ? modelsOf(raw.RequestModels, models)
      : undefined,
    integration: compileIntegration(properties.Integration, `${httpMethod} ${resourcePath}`),
  };
}

function authorizationOf(stack: Stack, method: StackResource): RouteAuthorization {
  const { AuthorizationType, AuthorizationScopes } = method.properties;
  return {
    type: optionalText(AuthorizationType, "AuthorizationType") ?? "NONE",
    scopes: textsOf(AuthorizationScopes, "AuthorizationScopes"),
    authorizer: referred(stack, rawProperties(stack, method.logicalId).AuthorizerId),
  };
}

function modelsOf(requestModels: unknown, models: ModelsByLogicalId): Route["bodyModels"] {
  const byContentType = Object.entries(objectOf(requestModels, "RequestModels"));
  return new Map(
    byContentType.map(([contentType, reference]) => {
      const model = models.get(Stack.logicalIdOf(reference) ?? "");
      if (!model) throw new Error(`the template has no model ${JSON.stringify(reference)}`);
      return [contentType.toLowerCase(), model];
    }),
  );
}

function compileGatewayResponses(stack: Stack): ReadonlyMap<string, GatewayResponse> {
  return new Map(
    stack
      .resources("AWS::ApiGateway::GatewayResponse")
      .map(({ properties }) => [
        textOf(properties.ResponseType, "ResponseType"),
        compileGatewayResponse(properties),
      ]),
  );
}

/** `/v1/flights/{flightId}` of a raw `ResourceId`; the API's root is `/`. */
function pathOf(stack: Stack, resourceId: unknown): string {
  const path = segmentsOf(stack, resourceId).join("/");
  return `/${path}`;
}

function segmentsOf(stack: Stack, resourceId: unknown): string[] {
  const logicalId = Stack.logicalIdOf(resourceId);
  const resource = logicalId === undefined ? undefined : stack.resource(logicalId);
  if (resource?.type !== "AWS::ApiGateway::Resource") return [];
  const parent = rawProperties(stack, resource.logicalId).ParentId;
  return [...segmentsOf(stack, parent), textOf(resource.properties.PathPart, "PathPart")];
}

function referred(stack: Stack, reference: unknown): StackResource | undefined {
  const logicalId = Stack.logicalIdOf(reference);
  return logicalId === undefined ? undefined : stack.resource(logicalId);
}

/** Properties with their references left in: resources of one template find each other by them. */
function rawProperties(stack: Stack, logicalId: string): Readonly<Record<string, unknown>> {
  return stack.template.Resources[logicalId]?.Properties ?? {};
}
