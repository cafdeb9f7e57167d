/**
 * A refusal at the door: who calls is unknown (401) or may not (403). `challenge` becomes the
 * `WWW-Authenticate` header (RFC 6750, section 3), where there is one to give.
 */
export class AccessRefusal extends Error {
  readonly status: 401 | 403;
  readonly code:
    | "unauthorized"
    | "insufficient-scope"
    | "foreign-api-key"
    | "not-in-group"
    | "unknown-principal";
  readonly challenge: string | undefined;

  private constructor(status: 401 | 403, code: AccessRefusal["code"], detail: string, challenge?: string) {
    super(detail);
    this.name = "AccessRefusal";
    this.status = status;
    this.code = code;
    this.challenge = challenge;
  }

  /** No credentials at all: RFC 6750 wants no error code then. */
  static noToken(): AccessRefusal {
    return new AccessRefusal(401, "unauthorized", "The request carries no bearer token.", "Bearer");
  }

  static invalidToken(detail: string): AccessRefusal {
    return new AccessRefusal(401, "unauthorized", detail, 'Bearer error="invalid_token"');
  }

  /** @param scopes all scopes that the route requires, qualified. */
  static insufficientScope(scopes: readonly string[]): AccessRefusal {
    const list = scopes.join(" ");
    return new AccessRefusal(
      403,
      "insufficient-scope",
      `The token lacks a scope; this needs ${list}.`,
      `Bearer error="insufficient_scope", scope="${list}"`,
    );
  }

  /** @param groups any of which would do. */
  static notInGroup(groups: readonly string[]): AccessRefusal {
    return new AccessRefusal(
      403,
      "not-in-group",
      `This needs membership of the group ${groups.join(" or ")}.`,
    );
  }

  static unknownPrincipal(): AccessRefusal {
    return new AccessRefusal(403, "unknown-principal", "This caller may not use the internal API.");
  }

  static foreignApiKey(): AccessRefusal {
    return new AccessRefusal(403, "foreign-api-key", "The API key does not belong to the token's tenant.");
  }
}
