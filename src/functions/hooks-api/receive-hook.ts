import { isActiveTenant } from "../../aws/dynamodb/active-tenants.ts";
import { keepHook } from "../../aws/dynamodb/hook-inbox.ts";
import { findHookSource } from "../../aws/dynamodb/hook-lookup.ts";
import { openHookSecrets } from "../../aws/kms/hook-secrets.ts";
import { type HookPorts, receiveHook } from "../../domain/hooks/receive-hook.ts";
import { hookEndpoint } from "../../http/hook-endpoint.ts";

const ports: HookPorts = {
  find: findHookSource,
  open: openHookSecrets,
  isActive: isActiveTenant,
  keep: keepHook,
};

/** Takes a third party's message for a tenant: once it has answered, the event will be on the bus. */
export const handler = hookEndpoint({
  scope: "public",
  receive: (message) => receiveHook(ports, message),
});
