// What the gateway answers when it refuses by itself: RFC 9457 problem details. `message` keeps the
// gateway's own wording, because clients match on it; `requestId` leads to the access log.
// Types and variables: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html

const CHALLENGE = { "WWW-Authenticate": 'Bearer error="invalid_token"' };

/** response type → [status, problem, title, headers]; without a status the gateway's own one stands. */
const REFUSALS = {
  UNAUTHORIZED: [401, "unauthorized", "Unauthorized", CHALLENGE],
  EXPIRED_TOKEN: [401, "token-expired", "The token has expired", CHALLENGE],
  ACCESS_DENIED: [403, "access-denied", "Access denied"],
  AUTHORIZER_FAILURE: [500, "internal", "Internal error"],
  AUTHORIZER_CONFIGURATION_ERROR: [500, "internal", "Internal error"],
  INVALID_SIGNATURE: [403, "invalid-signature", "The signature does not match"],
  MISSING_AUTHENTICATION_TOKEN: [403, "no-such-route", "No such route, or no credentials"],
  INVALID_API_KEY: [403, "invalid-api-key", "The API key is missing, unknown or disabled"],
  BAD_REQUEST_BODY: [400, "invalid-body", "The body does not match its schema"],
  BAD_REQUEST_PARAMETERS: [400, "invalid-parameters", "A required parameter is missing"],
  UNSUPPORTED_MEDIA_TYPE: [415, "unsupported-media-type", "Unsupported media type"],
  REQUEST_TOO_LARGE: [413, "request-too-large", "The request is too large"],
  THROTTLED: [429, "throttled", "Too many requests at once", { "Retry-After": "1" }],
  // The gateway cannot say when the period ends; an hour is polite for a day as for a month.
  QUOTA_EXCEEDED: [429, "quota-exceeded", "The quota of the period is used up", { "Retry-After": "3600" }],
  WAF_FILTERED: [403, "filtered", "The request was filtered"],
  RESOURCE_NOT_FOUND: [404, "not-found", "Not found"],
  API_CONFIGURATION_ERROR: [500, "internal", "Internal error"],
  INTEGRATION_FAILURE: [502, "internal", "Internal error"],
  INTEGRATION_TIMEOUT: [504, "timeout", "The request took too long"],
  DEFAULT_4XX: [undefined, "refused", "The request was refused"],
  DEFAULT_5XX: [undefined, "internal", "Internal error"],
};

/** `INVALID_API_KEY` → `InvalidApiKey`. */
const logicalName = (type) =>
  type
    .split("_")
    .map((word) => word[0] + word.slice(1).toLowerCase())
    .join("");

function gatewayResponse(type, [status, problem, title, headers = {}]) {
  const body = [
    `"type":"urn:gatehouse:problem:${problem}"`,
    `"title":${JSON.stringify(title)}`,
    ...(status ? [`"status":${status}`] : []),
    '"message":$context.error.messageString',
    '"requestId":"$context.requestId"',
  ].join(",");
  const responseHeaders = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...headers,
  };
  return {
    Type: "AWS::ApiGateway::GatewayResponse",
    Properties: {
      RestApiId: { Ref: "ApiGatewayRestApi" },
      ResponseType: type,
      ...(status ? { StatusCode: String(status) } : {}),
      ResponseParameters: Object.fromEntries(
        Object.entries(responseHeaders).map(([name, value]) => [
          `gatewayresponse.header.${name}`,
          `'${value}'`,
        ]),
      ),
      ResponseTemplates: { "application/json": `{${body}}` },
    },
  };
}

module.exports = {
  Resources: Object.fromEntries(
    Object.entries(REFUSALS).map(([type, refusal]) => [
      `GatewayResponse${logicalName(type)}`,
      gatewayResponse(type, refusal),
    ]),
  ),
};
