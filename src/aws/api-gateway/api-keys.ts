import {
  CreateApiKeyCommand,
  DeleteApiKeyCommand,
  GetApiKeyCommand,
  GetApiKeysCommand,
  NotFoundException,
  UpdateApiKeyCommand,
} from "@aws-sdk/client-api-gateway";
import type { Renew } from "../../domain/tenancy/lease.ts";
import type { ApiKeys } from "../../domain/tenancy/ports.ts";
import { resourceName } from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { withinQuota } from "../aws-quota.ts";
import { callOptions, everyPage } from "../control-plane.ts";
import { pacedGateway } from "../paced-clients.ts";

/** The largest page that GetApiKeys gives. */
const PAGE = 500;

/** An API key without its value. */
export interface KeyDescription {
  readonly id: string;
  readonly enabled: boolean;
  /** RFC 3339 */
  readonly createdAt: string;
  /** RFC 3339; without it, the key has no end. */
  readonly retiresAt?: string;
}

/** The API keys of the account and region; a name begins with its tenant's id. */
export class GatewayApiKeys implements ApiKeys {
  readonly #gateway = pacedGateway();

  async create(name: string, value: string): Promise<string> {
    // A new key is disabled unless it says otherwise (API_CreateApiKey).
    const key = new CreateApiKeyCommand({ name, value, enabled: true });
    const { id } = await withinQuota("apiKeys", () => this.#gateway.send(key, callOptions()));
    if (!id) throw new Error("API Gateway answered CreateApiKey without an id");
    return id;
  }

  find(name: string, renew?: Renew): Promise<string[]> {
    return this.#idsOf(name, (found) => found === name, renew);
  }

  ofTenant(tenantId: TenantId, renew?: Renew): Promise<string[]> {
    const prefix = resourceName(tenantId, "");
    return this.#idsOf(prefix, (found) => found.startsWith(prefix), renew);
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

  /** What API Gateway knows of keys, but for their values; one that is gone is left out. */
  async describe(keys: readonly Pick<KeyDescription, "id" | "retiresAt">[]): Promise<KeyDescription[]> {
    const described = await Promise.all(
      keys.map(async ({ id, retiresAt }) => {
        const key = await this.#get(id, false);
        if (!key) return [];
        const { enabled = false, createdDate } = key;
        return [
          { id, enabled, createdAt: createdDate?.toISOString() ?? "", ...(retiresAt && { retiresAt }) },
        ];
      }),
    );
    return described.flat();
  }

  /** The value of a key, or undefined when there is no such key. */
  async valueOf(apiKeyId: string): Promise<string | undefined> {
    return (await this.#get(apiKeyId, true))?.value;
  }

  async #get(apiKey: string, includeValue: boolean) {
    try {
      return await this.#gateway.send(new GetApiKeyCommand({ apiKey, includeValue }), callOptions());
    } catch (error) {
      if (error instanceof NotFoundException) return undefined;
      throw error;
    }
  }

  /** @param nameQuery narrows the list down; `matches` decides. */
  async #idsOf(
    nameQuery: string,
    matches: (name: string) => boolean,
    renew: Renew | undefined,
  ): Promise<string[]> {
    const pages = everyPage(async (position) => {
      const page = new GetApiKeysCommand({ nameQuery, limit: PAGE, position });
      const { items = [], position: next } = await this.#gateway.send(page, callOptions());
      return { items, next };
    }, renew);
    const found: string[] = [];
    for await (const { id, name } of pages) if (id && name && matches(name)) found.push(id);
    return found;
  }
}
