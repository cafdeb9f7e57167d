import type { AccessToken } from "../domain/access/access-token.ts";
import { bearerToken } from "./bearer-token.ts";
import type { GateStep } from "./gate.ts";
import { machineTokens } from "./token-verifier.ts";

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
      const verified = machineTokens().verify(bearerToken(event.headers.authorization));
      if (verified instanceof Promise) return verified.then(accept);
      return accept(verified);
    },
  };
}
