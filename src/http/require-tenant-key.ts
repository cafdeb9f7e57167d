import type { APIGatewayProxyEvent } from "aws-lambda";
import { isApiKeyOf } from "../domain/tenancy/api-key-value.ts";
import { AccessRefusal } from "./access-refusal.ts";
import type { GateStep } from "./gate.ts";

/**
 * Requires an API key of the token's own tenant: the header's and, where the gateway metered one, that one
 * too, or a call could be metered on one tenant and let in as another. That the key exists is the gateway's
 * to check; without a gateway in front there is none to meter the call.
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
