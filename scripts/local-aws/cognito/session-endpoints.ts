import { AwsError } from "../kernel/aws-error.ts";
import type { AwsRequest, AwsResponse } from "../kernel/service.ts";
import { authenticatedClient } from "./authenticated-client.ts";
import { Input } from "./input.ts";
import { OAuthError } from "./oauth-error.ts";
import { revoke, type SessionParts, userOf } from "./session-operations.ts";
import { readCredentials, readFormOf } from "./token-request.ts";

export const REVOKE_PATH = "/oauth2/revoke";
export const USER_INFO_PATH = "/oauth2/userInfo";

const JSON_HEADERS = { "content-type": "application/json;charset=UTF-8", "cache-control": "no-store" };

/**
 * `POST /oauth2/revoke`: 200 without a body.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
 */
export function answerRevocation(request: AwsRequest, parts: SessionParts): AwsResponse {
  if (request.method !== "POST") return { status: 405, headers: { allow: "POST" }, body: "" };
  try {
    const form = readFormOf(request);
    const credentials = readCredentials(request.headers.authorization, form);
    authenticatedClient(parts.clients, credentials);
    const token = form.get("token");
    if (token === undefined) throw new OAuthError("invalid_request");
    const { clientId: ClientId, clientSecret: ClientSecret } = credentials;
    revoke(new Input({ Token: token, ClientId, ClientSecret }), parts);
    return { status: 200, headers: { "cache-control": "no-store" }, body: "" };
  } catch (error) {
    const { code: error_code, description } = revocationError(error);
    const body = JSON.stringify({ error: error_code, error_description: description });
    return { status: error_code === "invalid_client" ? 401 : 400, headers: JSON_HEADERS, body };
  }
}

function revocationError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (!(error instanceof AwsError)) throw error;
  return new OAuthError(
    error.code === "UnsupportedTokenTypeException" ? "unsupported_token_type" : "invalid_request",
  );
}

const NOT_ACCEPTED = "Access token is expired, disabled, or deleted, or the user has globally signed out.";

/**
 * `GET` or `POST /oauth2/userInfo`, with an access token that has the scope `openid`.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
 */
export function answerUserInfo(request: AwsRequest, parts: SessionParts): AwsResponse {
  if (request.method !== "GET" && request.method !== "POST")
    return { status: 405, headers: { allow: "GET, POST" }, body: "" };
  const token = /^Bearer +([\w.-]+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) return refuseUserInfo(400, "invalid_request", "No access token was given.");
  try {
    const { sub, username, attributes } = userOf(token, parts, "openid");
    return { status: 200, headers: JSON_HEADERS, body: JSON.stringify({ sub, ...attributes, username }) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return refuseUserInfo(401, "invalid_token", NOT_ACCEPTED);
  }
}

function refuseUserInfo(status: number, error: string, description: string): AwsResponse {
  return {
    status,
    headers: {
      ...JSON_HEADERS,
      "www-authenticate": `Bearer error="${error}", error_description="${description}"`,
    },
    body: JSON.stringify({ error, error_description: description }),
  };
}
