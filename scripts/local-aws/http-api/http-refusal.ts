/**
 * What an HTTP API itself answers when it does not let a call through: status, `message` and the response type
 * that its access log names. It has no gateway responses to change them.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
 */
const REFUSALS = {
  UNAUTHORIZED: [401, "Unauthorized"],
  ACCESS_DENIED: [403, "Forbidden"],
  RESOURCE_NOT_FOUND: [404, "Not Found"],
  REQUEST_TOO_LARGE: [413, "Request Entity Too Large"],
  INTEGRATION_FAILURE: [500, "Internal Server Error"],
  INTEGRATION_TIMEOUT: [503, "Service Unavailable"],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export class HttpRefusal extends Error {
  readonly responseType: keyof typeof REFUSALS;
  readonly status: number;
  /** Value of `www-authenticate`. */
  readonly challenge: string | undefined;

  constructor(responseType: keyof typeof REFUSALS, challenge?: string) {
    const [status, message] = REFUSALS[responseType];
    super(message);
    this.name = "HttpRefusal";
    this.responseType = responseType;
    this.status = status;
    this.challenge = challenge;
  }
}
