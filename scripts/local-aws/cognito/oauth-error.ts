/** RFC 6749, section 5.2. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_scope"
  | "unauthorized_client"
  | "unsupported_grant_type";

/** A refusal of the OAuth endpoints: always HTTP 400, `{"error", "error_description"?}`. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly description: string | undefined;

  constructor(code: OAuthErrorCode, description?: string) {
    super(description ?? code);
    this.name = "OAuthError";
    this.code = code;
    this.description = description;
  }
}
