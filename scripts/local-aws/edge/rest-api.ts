import type { ValidateFunction } from "ajv";
import type { StackResource } from "../kernel/stack.ts";
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
  /** By response type, `DEFAULT_4XX` and `DEFAULT_5XX` among them. */
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  /** Media types with `*` wildcards, e.g. `image/*`. */
  readonly binaryMediaTypes: readonly string[];
  /** `AccessLogSetting.Format` of the stage. */
  readonly accessLogFormat: string | undefined;
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

export type Integration = LambdaProxyIntegration | MockIntegration;

export interface LambdaProxyIntegration {
  readonly type: "AWS_PROXY";
  readonly functionArn: string;
  readonly timeoutMilliseconds: number;
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
