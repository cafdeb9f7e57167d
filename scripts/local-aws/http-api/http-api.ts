/** An HTTP API with its stage `$default`, compiled from the template. */
export interface HttpApi {
  readonly apiId: string;
  readonly accountId: string;
  readonly region: string;
  readonly routes: readonly HttpRoute[];
  /** `AccessLogSettings.Format` of the stage. */
  readonly accessLogFormat: string | undefined;
  /** ARN of the log group that the access log goes to. */
  readonly accessLogDestination: string | undefined;
}

export interface HttpRoute {
  /** As in the template, e.g. `GET /v1/flights/{flightId}`. */
  readonly routeKey: string;
  /** e.g. `/v1/flights/{flightId}` */
  readonly resourcePath: string;
  /** Upper case, or `ANY`. */
  readonly httpMethod: string;
  /** Undefined for a route that is open to all. */
  readonly authorizer: JwtAuthorizerSettings | undefined;
  readonly scopes: readonly string[];
  readonly functionArn: string;
  readonly timeoutMilliseconds: number;
}

export interface JwtAuthorizerSettings {
  readonly authorizerId: string;
  /** e.g. `https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab12Cd34E` */
  readonly issuer: string;
}
