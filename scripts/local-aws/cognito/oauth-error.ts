/** RFC 6749, section 5.2. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_scope"
  | "unauthorized_client"
  | "unsupported_grant_type"
  /** RFC 7009, section 2.2.1. */
  | "unsupported_token_type";

/** A refusal of the OAuth endpoints: `{"error", "error_description"?}`, or parameters of a redirect. */
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
