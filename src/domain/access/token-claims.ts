/**
 * Private claims that the pre-token-generation trigger puts into an access token (RFC 7519, section 4.3).
 * An underscore and no colon or slash, so that the access log can name them (`$context.authorizer.claims.x`).
 */
export const TENANT_CLAIM = "gatehouse_tenant";
export const PLAN_CLAIM = "gatehouse_plan";
