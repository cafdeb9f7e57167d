import type { ValidateFunction } from "ajv";
import type { ResourcePolicy } from "../iam/resource-policy.ts";
import type { StackResource } from "../kernel/stack.ts";
import type { MappingTemplate } from "./mapping/mapping-template.ts";
import type { Substitution } from "./substitution.ts";

/** A REST API with its one stage, compiled from the template. */
export interface RestApi {
  readonly restApiId: string;
  readonly accountId: string;
  readonly region: string;
  readonly stage: string;
  readonly deploymentId: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly routes: readonly Route[];
  /** Undefined when the API has none. */
  readonly resourcePolicy: ResourcePolicy | undefined;
  /** By response type, `DEFAULT_4XX` and `DEFAULT_5XX` among them. */
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  /** Media types with `*` wildcards, e.g. `image/*`. */
  readonly binaryMediaTypes: readonly string[];
  /** `AccessLogSetting.Format` of the stage. */
  readonly accessLogFormat: string | undefined;
  /** `AccessLogSetting.DestinationArn`: a log group. */
  readonly accessLogDestination: string | undefined;
}

/** One method of one resource. */
export interface Route {
  /** e.g. `/v1/flights/{flightId}` */
  readonly resourcePath: string;
  readonly resourceId: string;
  /** Upper case; `ANY` answers every method that has no route of its own. */
  readonly httpMethod: string;
  readonly operationName: string | undefined;
  readonly authorization: RouteAuthorization;
  readonly apiKeyRequired: boolean;
  /** e.g. `method.request.querystring.origin`; empty when parameters are not validated. */
  readonly requiredParameters: readonly string[];
  /** Compiled models by content type (`$default` for any); undefined when bodies are not validated. */
  readonly bodyModels: ReadonlyMap<string, ValidateFunction> | undefined;
  readonly integration: Integration;
}

export interface RouteAuthorization {
  /** `NONE`, `COGNITO_USER_POOLS`, `CUSTOM` or `AWS_IAM`. */
  readonly type: string;
  readonly scopes: readonly string[];
  /** The `AWS::ApiGateway::Authorizer`, when the method names one. */
  readonly authorizer: StackResource | undefined;
}

export type Integration = LambdaProxyIntegration | AwsIntegration | MockIntegration;

export interface LambdaProxyIntegration {
  readonly type: "AWS_PROXY";
  readonly functionArn: string;
  readonly timeoutMilliseconds: number;
}

/** The gateway calls a service by itself. */
export interface AwsIntegration {
  readonly type: "AWS";
  /** e.g. `events` */
  readonly service: string;
  /** e.g. `PutEvents` */
  readonly action: string;
  readonly roleArn: string;
  /** Header names with their static values. */
  readonly headers: readonly (readonly [string, string])[];
  /** By content type. */
  readonly requestTemplates: ReadonlyMap<string, MappingTemplate>;
  readonly responses: readonly IntegrationResponse[];
}

/** What is made of a service's answer. */
export interface IntegrationResponse {
  /** The service's statuses that it is for; undefined: those that no other is for. */
  readonly selects: RegExp | undefined;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly contentType: string;
  readonly template: MappingTemplate;
}

export interface MockIntegration {
  readonly type: "MOCK";
  readonly status: number;
  /** Header names with their static values. */
  readonly headers: readonly (readonly [string, string])[];
  readonly contentType: string;
  readonly body: string;
}

/** An `AWS::ApiGateway::GatewayResponse`. */
export interface GatewayResponse {
  readonly status: number | undefined;
  /** Header name and the expression that gives its value. */
  readonly headers: readonly (readonly [name: string, expression: string])[];
  /** Body by content type. */
  readonly templates: ReadonlyMap<string, Substitution>;
}
