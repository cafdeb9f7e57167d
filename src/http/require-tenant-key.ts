import type { APIGatewayProxyEvent } from "aws-lambda";
import { isApiKeyOf } from "../domain/tenancy/api-key-value.ts";
import { AccessRefusal } from "./access-refusal.ts";
import type { GateStep } from "./gate.ts";

/**
 * Requires an API key of the token's own tenant. Both the key that the gateway metered and the header
 * must be: were only one looked at, a forged event could be metered on one tenant and let in as another.
 */
export function requireTenantKey(): GateStep {
  return {
    before: function requireTenantKeyBefore({ event, context }) {
      const keys = presentedKeys(event);
      if (keys.length === 0 || !keys.every((key) => isApiKeyOf(context.tenant.tenantId, key)))
        throw AccessRefusal.foreignApiKey();
    },
  };
}

function presentedKeys(event: APIGatewayProxyEvent): string[] {
  return [event.headers["x-api-key"], event.requestContext?.identity?.apiKey].filter(
    (key): key is string => typeof key === "string",
  );
}
