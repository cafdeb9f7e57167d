/**
 * What the gateway itself answers when it does not let a call through, by gateway response type:
 * status, `message` and `x-amzn-ErrorType` where no gateway response of the template says otherwise.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
const REFUSALS = {
  ACCESS_DENIED: [403, "User is not authorized to access this resource", "AccessDeniedException"],
  API_CONFIGURATION_ERROR: [500, "Internal server error", "InternalServerErrorException"],
  AUTHORIZER_CONFIGURATION_ERROR: [500, "Internal server error", "AuthorizerConfigurationException"],
  AUTHORIZER_FAILURE: [500, "Internal server error", "AuthorizerFailureException"],
  BAD_REQUEST_BODY: [400, "Invalid request body", "BadRequestException"],
  BAD_REQUEST_PARAMETERS: [400, "Bad Request", "BadRequestException"],
  EXPIRED_TOKEN: [401, "The incoming token has expired", "UnauthorizedException"],
  INTEGRATION_FAILURE: [502, "Internal server error", "InternalServerErrorException"],
  INTEGRATION_TIMEOUT: [504, "Endpoint request timed out", "InternalServerErrorException"],
  INVALID_API_KEY: [403, "Forbidden", "ForbiddenException"],
  INVALID_SIGNATURE: [403, "Forbidden", "InvalidSignatureException"],
  MISSING_AUTHENTICATION_TOKEN: [403, "Missing Authentication Token", "MissingAuthenticationTokenException"],
  QUOTA_EXCEEDED: [429, "Limit Exceeded", "LimitExceededException"],
  REQUEST_TOO_LARGE: [413, "Request Too Long", "BadRequestException"],
  RESOURCE_NOT_FOUND: [404, "Not Found", "NotFoundException"],
  THROTTLED: [429, "Too Many Requests", "TooManyRequestsException"],
  UNAUTHORIZED: [401, "Unauthorized", "UnauthorizedException"],
  UNSUPPORTED_MEDIA_TYPE: [415, "Unsupported Media Type", "UnsupportedMediaTypeException"],
  WAF_FILTERED: [403, "Forbidden", "ForbiddenException"],
} as const satisfies Record<string, readonly [status: number, message: string, errorType: string]>;

export type GatewayResponseType = keyof typeof REFUSALS;

/** The gateway does not let a call through. */
export class Refusal extends Error {
  readonly responseType: GatewayResponseType;
  readonly status: number;
  /** Value of `x-amzn-ErrorType`. */
  readonly errorType: string;
  /** What a body violates: `$context.error.validationErrorString`. */
  readonly validationErrors: string | undefined;

  constructor(
    responseType: GatewayResponseType,
    particulars: {
      readonly message?: string;
      readonly validationErrors?: string;
      /** Where one response type stands for several of AWS's errors. */
      readonly errorType?: string;
    } = {},
  ) {
    const [status, message, errorType] = REFUSALS[responseType];
    super(particulars.message ?? message);
    this.name = "Refusal";
    this.responseType = responseType;
    this.status = status;
    this.errorType = particulars.errorType ?? errorType;
    this.validationErrors = particulars.validationErrors;
  }
}
