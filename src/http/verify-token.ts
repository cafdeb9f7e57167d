import type { AccessToken } from "../domain/access/access-token.ts";
import { AccessRefusal } from "./access-refusal.ts";
import type { GateStep } from "./gate.ts";
import { tokenVerifier } from "./token-verifier.ts";

/** `Bearer` is optional here because API Gateway's Cognito authorizer takes a bare token too. */
const BEARER = /^(?:Bearer +)?([\w-]+\.[\w-]*\.[\w-]*)$/i;

/**
 * Verifies the access token again, as if there were no gateway: `requestContext` is not looked at, so a
 * direct invocation, a misconfigured route or a forged event gets in nowhere.
 */
export function verifyToken(): GateStep {
  return {
    before: function verifyTokenBefore({ event, context }) {
      const accept = (token: AccessToken) => {
        context.token = token;
        context.tenant = token.tenant;
      };
      const verified = tokenVerifier().verify(bearerToken(event.headers.authorization));
      if (verified instanceof Promise) return verified.then(accept);
      return accept(verified);
    },
  };
}

function bearerToken(authorization: string | undefined): string {
  if (!authorization) throw AccessRefusal.noToken();
  const token = BEARER.exec(authorization)?.[1];
  if (!token) throw AccessRefusal.invalidToken("The Authorization header holds no bearer token.");
  return token;
}
