import {
  APIGatewayClient,
  CreateApiKeyCommand,
  DeleteApiKeyCommand,
  GetApiKeyCommand,
  NotFoundException,
  paginateGetApiKeys,
  UpdateApiKeyCommand,
} from "@aws-sdk/client-api-gateway";
import type { ApiKeys } from "../../domain/tenancy/ports.ts";
import { resourceName } from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { callOptions, retryThrottledCalls } from "../control-plane.ts";

/** The largest page that GetApiKeys gives. */
const PAGE = 500;

/** The API keys of the account and region; a name begins with its tenant's id. */
export class GatewayApiKeys implements ApiKeys {
  readonly #gateway = new APIGatewayClient({ retryStrategy: retryThrottledCalls });

  async create(name: string, value: string): Promise<string> {
    // A new key is disabled unless it says otherwise (API_CreateApiKey).
    const { id } = await this.#gateway.send(
      new CreateApiKeyCommand({ name, value, enabled: true }),
      callOptions(),
    );
    if (!id) throw new Error("API Gateway answered CreateApiKey without an id");
    return id;
  }

  find(name: string): Promise<string[]> {
    return this.#idsOf(name, (found) => found === name);
  }

  ofTenant(tenantId: TenantId): Promise<string[]> {
    const prefix = resourceName(tenantId, "");
    return this.#idsOf(prefix, (found) => found.startsWith(prefix));
  }

  async setEnabled(apiKeyId: string, enabled: boolean): Promise<void> {
    const patchOperations = [{ op: "replace" as const, path: "/enabled", value: String(enabled) }];
    try {
      await this.#gateway.send(new UpdateApiKeyCommand({ apiKey: apiKeyId, patchOperations }), callOptions());
    } catch (error) {
      if (!(error instanceof NotFoundException)) throw error;
    }
  }

  async delete(apiKeyId: string): Promise<void> {
    try {
      await this.#gateway.send(new DeleteApiKeyCommand({ apiKey: apiKeyId }), callOptions());
    } catch (error) {
      if (!(error instanceof NotFoundException)) throw error;
    }
  }

  /** The value of a key, or undefined when there is no such key. */
  async valueOf(apiKeyId: string): Promise<string | undefined> {
    try {
      const key = await this.#gateway.send(
        new GetApiKeyCommand({ apiKey: apiKeyId, includeValue: true }),
        callOptions(),
      );
      return key.value;
    } catch (error) {
      if (error instanceof NotFoundException) return undefined;
      throw error;
    }
  }

  /** @param nameQuery narrows the list down; `matches` decides. */
  async #idsOf(nameQuery: string, matches: (name: string) => boolean): Promise<string[]> {
    const found: string[] = [];
    const pages = paginateGetApiKeys({ client: this.#gateway, pageSize: PAGE }, { nameQuery }, callOptions());
    for await (const { items = [] } of pages)
      for (const { id, name } of items) if (id && name && matches(name)) found.push(id);
    return found;
  }
}
