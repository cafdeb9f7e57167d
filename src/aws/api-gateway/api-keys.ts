import {
  APIGatewayClient,
  CreateApiKeyCommand,
  DeleteApiKeyCommand,
  GetApiKeyCommand,
  NotFoundException,
  paginateGetApiKeys,
} from "@aws-sdk/client-api-gateway";
import type { ApiKeys } from "../../domain/tenancy/ports.ts";
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

  async find(name: string): Promise<string[]> {
    const found: string[] = [];
    const pages = paginateGetApiKeys(
      { client: this.#gateway, pageSize: PAGE },
      { nameQuery: name },
      callOptions(),
    );
    for await (const { items = [] } of pages)
      for (const key of items) if (key.id && key.name === name) found.push(key.id);
    return found;
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
}
