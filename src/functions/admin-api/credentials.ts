import type { APIGatewayProxyEvent } from "aws-lambda";
import type { TenantOperations } from "../../aws/tenant-operations.ts";
import type { TenantRecord } from "../../domain/tenancy/tenant.ts";
import type { AddedSecret } from "../../generated/added-secret.js";
import type { ApiKeyList } from "../../generated/api-key-list.js";
import type { ClientSecretList } from "../../generated/client-secret-list.js";
import type { RotatedKey } from "../../generated/rotated-key.js";
import { rotation } from "../../generated/rotation.js";
import { adminEndpoint } from "../../http/admin-endpoint.ts";
import { clientIn } from "../../http/client-in-path.ts";
import { tenantIdIn } from "../../http/path-parameters.ts";
import { created, noContent, ok } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";

export const handler = routes({
  "GET /admin/tenants/{tenantId}/clients/{clientId}/secrets": adminEndpoint({
    access: "read",
    handle: async ({ operations, event }) => {
      const { client } = await clientIn(event, operations);
      const items = await operations.credentials.secretsOf(client);
      return ok({ items, cursor: null } satisfies ClientSecretList);
    },
  }),
  "POST /admin/tenants/{tenantId}/clients/{clientId}/secrets": adminEndpoint({
    access: "change",
    body: rotation,
    handle: async ({ operations, event, body: { deadline } }) => {
      const { tenant, client } = await clientIn(event, operations);
      const { made, retiring } = await operations.credentials.rotateSecret(
        tenant,
        client,
        deadline,
        ANSWERED,
      );
      const { id: secretId, clientSecret } = made;
      const result: AddedSecret = { secretId, clientSecret, retiring };
      return created(event, secretId, { result, replayed: false });
    },
  }),
  "DELETE /admin/tenants/{tenantId}/clients/{clientId}/secrets/{secretId}": adminEndpoint({
    access: "change",
    handle: async ({ operations, event }) => {
      const { tenant, client } = await clientIn(event, operations);
      await operations.credentials.revokeSecret(tenant, client, event.pathParameters?.secretId ?? "", {});
      return noContent();
    },
  }),
  "GET /admin/tenants/{tenantId}/keys": adminEndpoint({
    access: "read",
    handle: async ({ operations, event }) => {
      const items = await operations.credentials.keysOf(await tenantIn(operations, event));
      return ok({ items, cursor: null } satisfies ApiKeyList);
    },
  }),
  "POST /admin/tenants/{tenantId}/keys": adminEndpoint({
    access: "change",
    body: rotation,
    handle: async ({ operations, event, body: { deadline } }) => {
      const tenant = await tenantIn(operations, event);
      const { made, retiring } = await operations.credentials.rotateKey(tenant, deadline, ANSWERED);
      const result: RotatedKey = { ...made, retiring };
      return created(event, made.id, { result, replayed: false });
    },
  }),
  "DELETE /admin/tenants/{tenantId}/keys/{keyId}": adminEndpoint({
    access: "change",
    handle: async ({ operations, event }) => {
      const tenant = await tenantIn(operations, event);
      await operations.credentials.revokeKey(tenant, event.pathParameters?.keyId ?? "", {});
      return noContent();
    },
  }),
});

/** The answer hands the credential over, once it is recorded. Where it is lost, a revocation and another one help. */
const ANSWERED = { handOver: () => undefined };

function tenantIn(operations: TenantOperations, event: APIGatewayProxyEvent): Promise<TenantRecord> {
  return operations.find(tenantIdIn(event));
}
