import type { AwsRequest } from "../kernel/service.ts";
import { OAuthError } from "./oauth-error.ts";

/** A request to the token endpoint, its client credentials read from wherever they were given. */
export interface TokenRequest {
  readonly grantType: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  readonly clientMetadata: Readonly<Record<string, string>> | undefined;
  /** Of the grants of people. */
  readonly code: string | undefined;
  readonly redirectUri: string | undefined;
  readonly codeVerifier: string | undefined;
  readonly refreshToken: string | undefined;
}

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
}

const FORM = "application/x-www-form-urlencoded";

/** Throws {@link OAuthError} `invalid_request` for whatever is malformed, `invalid_client` for a broken Basic header. */
export function readTokenRequest(request: AwsRequest): TokenRequest {
  const parameters = readFormOf(request);
  const grantType = parameters.get("grant_type");
  if (grantType === undefined) throw new OAuthError("invalid_request");
  return {
    grantType,
    ...readCredentials(request.headers.authorization, parameters),
    scopes: (parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== ""),
    clientMetadata: readMetadata(parameters.get("aws_client_metadata")),
    code: parameters.get("code"),
    redirectUri: parameters.get("redirect_uri"),
    codeVerifier: parameters.get("code_verifier"),
    refreshToken: parameters.get("refresh_token"),
  };
}

/** The fields of a posted form. Throws {@link OAuthError} `invalid_request`. */
export function readFormOf(request: AwsRequest): ReadonlyMap<string, string> {
  const contentType = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (contentType !== FORM) throw new OAuthError("invalid_request");
  return readForm(request.body.toString("utf8"));
}

/** An empty value is a parameter left out; one given twice is malformed (RFC 6749, section 3.2). */
function readForm(body: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (parameters.has(name)) throw new OAuthError("invalid_request");
    if (value !== "") parameters.set(name, value);
  }
  return parameters;
}

export function readCredentials(
  authorization: string | undefined,
  parameters: ReadonlyMap<string, string>,
): Credentials {
  const basic = authorization === undefined ? undefined : readBasic(authorization);
  const clientId = parameters.get("client_id");
  const clientSecret = parameters.get("client_secret");
  if (basic) {
    const differs =
      (clientId !== undefined && clientId !== basic.clientId) ||
      (clientSecret !== undefined && clientSecret !== basic.clientSecret);
    if (differs) throw new OAuthError("invalid_request");
    return basic;
  }
  if (clientId === undefined) throw new OAuthError("invalid_request");
  return { clientId, clientSecret };
}

function readBasic(authorization: string): Credentials {
  const encoded = /^Basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(authorization)?.[1];
  if (encoded === undefined) throw new OAuthError("invalid_client");
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1) throw new OAuthError("invalid_client");
  return { clientId: text.slice(0, colon), clientSecret: text.slice(colon + 1) };
}

function readMetadata(json: string | undefined): Record<string, string> | undefined {
  if (json === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError();
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, textOf(item)]));
  } catch {
    throw new OAuthError("invalid_request");
  }
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError();
  return value;
}
