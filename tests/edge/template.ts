import type { Template, TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";

const API = { Ref: "Api" };

/** A small REST API as Serverless compiles one. */
export function template(more: Record<string, TemplateResource> = {}): Template {
  return {
    Resources: {
      Api: {
        Type: "AWS::ApiGateway::RestApi",
        Properties: { Name: "edge-dev", BinaryMediaTypes: ["image/*"] },
      },
      Deployment: { Type: "AWS::ApiGateway::Deployment", Properties: { RestApiId: API } },
      Stage: {
        Type: "AWS::ApiGateway::Stage",
        Properties: {
          RestApiId: API,
          DeploymentId: { Ref: "Deployment" },
          StageName: "dev",
          AccessLogSetting: { Format: LOG_FORMAT },
        },
      },
      UserPool: { Type: "AWS::Cognito::UserPool", Properties: {} },
      Authorizer: {
        Type: "AWS::ApiGateway::Authorizer",
        Properties: {
          Type: "COGNITO_USER_POOLS",
          RestApiId: API,
          IdentitySource: "method.request.header.Authorization",
          ProviderARNs: [{ "Fn::GetAtt": ["UserPool", "Arn"] }],
        },
      },
      Validator: {
        Type: "AWS::ApiGateway::RequestValidator",
        Properties: { RestApiId: API, ValidateRequestBody: true, ValidateRequestParameters: true },
      },
      FlightModel: {
        Type: "AWS::ApiGateway::Model",
        Properties: {
          RestApiId: API,
          ContentType: "application/json",
          Name: "Flight",
          Schema: {
            $schema: "http://json-schema.org/draft-04/schema#",
            type: "object",
            required: ["number"],
            additionalProperties: false,
            properties: { number: { type: "string", minLength: 3 } },
          },
        },
      },
      Echo: { Type: "AWS::Lambda::Function", Properties: { FunctionName: "echo" } },
      V1: resource("Api.RootResourceId", "v1"),
      Flights: resource("V1", "flights"),
      Flight: resource("Flights", "{flightId}"),
      Search: resource("Flights", "search"),
      Me: resource("V1", "me"),
      Open: resource("V1", "open"),
      Slow: resource("V1", "slow"),
      Files: resource("V1", "files"),
      File: resource("Files", "{path+}"),
      ListFlights: method("Flights", "GET", {
        ...authorized(["airline/flights.read"]),
        ApiKeyRequired: true,
      }),
      CreateFlight: method("Flights", "POST", {
        ...authorized(["airline/flights.write", "airline/admin"]),
        ApiKeyRequired: true,
        RequestValidatorId: { Ref: "Validator" },
        RequestModels: { "application/json": { Ref: "FlightModel" } },
        RequestParameters: { "method.request.querystring.dryRun": false },
      }),
      GetFlight: method("Flight", "GET", { ...authorized(["airline/flights.read"]), ApiKeyRequired: true }),
      SearchFlights: method("Search", "POST", {
        ...authorized(["airline/flights.read"]),
        ApiKeyRequired: true,
        RequestValidatorId: { Ref: "Validator" },
        RequestModels: { "application/json": { Ref: "FlightModel" } },
        RequestParameters: {
          "method.request.querystring.origin": true,
          "method.request.querystring.destination": true,
          "method.request.querystring.page": false,
        },
      }),
      GetMe: method("Me", "GET", authorized([])),
      GetOpen: method("Open", "GET"),
      PostOpen: method("Open", "POST"),
      GetSlow: method("Slow", "GET", {}, { TimeoutInMillis: 50 }),
      AnyFile: method("File", "ANY"),
      OptionsOpen: {
        Type: "AWS::ApiGateway::Method",
        Properties: {
          RestApiId: API,
          ResourceId: { Ref: "Open" },
          HttpMethod: "OPTIONS",
          AuthorizationType: "NONE",
          Integration: {
            Type: "MOCK",
            RequestTemplates: { "application/json": "{statusCode:200}" },
            IntegrationResponses: [
              {
                StatusCode: "200",
                ResponseParameters: { "method.response.header.Access-Control-Allow-Origin": "'*'" },
                ResponseTemplates: { "application/json": "" },
              },
            ],
          },
        },
      },
      ...more,
    },
  };
}

const LOG_FORMAT = `{"requestId":"$context.requestId","tenant":"$context.authorizer.claims.gatehouse_tenant",
 "apiKeyId":"$context.identity.apiKeyId","route":"$context.resourcePath","status":$context.status,
 "responseType":"$context.error.responseType","message":$context.error.messageString,
 "agent":"$context.identity.userAgent","latency":$context.responseLatency,"nothing":"$context.no.such.thing"}
`;

function authorized(scopes: readonly string[]): Record<string, unknown> {
  return {
    AuthorizationType: "COGNITO_USER_POOLS",
    AuthorizerId: { Ref: "Authorizer" },
    ...(scopes.length > 0 && { AuthorizationScopes: scopes }),
  };
}

export function resource(parent: string, pathPart: string): TemplateResource {
  const [logicalId, attribute] = parent.split(".");
  return {
    Type: "AWS::ApiGateway::Resource",
    Properties: {
      RestApiId: API,
      ParentId: attribute ? { "Fn::GetAtt": [logicalId, attribute] } : { Ref: parent },
      PathPart: pathPart,
    },
  };
}

export function method(
  resourceId: string,
  httpMethod: string,
  properties: Record<string, unknown> = {},
  integration: Record<string, unknown> = {},
): TemplateResource {
  return {
    Type: "AWS::ApiGateway::Method",
    Properties: {
      RestApiId: API,
      ResourceId: { Ref: resourceId },
      HttpMethod: httpMethod,
      AuthorizationType: "NONE",
      ...properties,
      Integration: {
        Type: "AWS_PROXY",
        IntegrationHttpMethod: "POST",
        Uri: {
          "Fn::Join": [
            "",
            [
              "arn:",
              { Ref: "AWS::Partition" },
              ":apigateway:",
              { Ref: "AWS::Region" },
              ":lambda:path/2015-03-31/functions/",
              { "Fn::GetAtt": ["Echo", "Arn"] },
              "/invocations",
            ],
          ],
        },
        ...integration,
      },
    },
  };
}

export function gatewayResponse(
  responseType: string,
  properties: Record<string, unknown>,
): Record<string, TemplateResource> {
  return {
    [`GatewayResponse${responseType}`]: {
      Type: "AWS::ApiGateway::GatewayResponse",
      Properties: { RestApiId: API, ResponseType: responseType, ...properties },
    },
  };
}
