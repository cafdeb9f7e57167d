import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  DeleteUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  paginateListUserPoolClients,
  ResourceNotFoundException,
} from "@aws-sdk/client-cognito-identity-provider";
import { qualified, type Scope } from "../../domain/access/scope.ts";
import { TOKEN_LIFE_SECONDS } from "../../domain/tenancy/cut-off.ts";
import type { AppClients } from "../../domain/tenancy/ports.ts";
import { resourceName } from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { callOptions, retryThrottledCalls } from "../control-plane.ts";

/** The largest page that ListUserPoolClients gives. */
const PAGE = 60;

/** The app clients of a user pool, by which tenants' machines get their tokens. */
export class CognitoAppClients implements AppClients {
  readonly #cognito = new CognitoIdentityProviderClient({ retryStrategy: retryThrottledCalls });
  readonly #userPoolId: string;

  constructor(userPoolId: string) {
    this.#userPoolId = userPoolId;
  }

  async create(name: string, scopes: readonly Scope[]): Promise<{ clientId: string; clientSecret: string }> {
    const { UserPoolClient } = await this.#cognito.send(
      new CreateUserPoolClientCommand({
        UserPoolId: this.#userPoolId,
        ClientName: name,
        GenerateSecret: true,
        AllowedOAuthFlowsUserPoolClient: true,
        AllowedOAuthFlows: ["client_credentials"],
        AllowedOAuthScopes: scopes.map(qualified),
        AccessTokenValidity: TOKEN_LIFE_SECONDS,
        TokenValidityUnits: { AccessToken: "seconds" },
        // Left out, it would allow people to sign in with the client (API_CreateUserPoolClient); refreshing
        // alone leads nowhere, since there is nothing to refresh.
        ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors: "ENABLED",
      }),
      callOptions(),
    );
    const { ClientId: clientId, ClientSecret: clientSecret } = UserPoolClient ?? {};
    if (!clientId || !clientSecret)
      throw new Error("Cognito answered CreateUserPoolClient without id or secret");
    return { clientId, clientSecret };
  }

  find(name: string): Promise<string[]> {
    return this.#idsOf((found) => found === name);
  }

  ofTenant(tenantId: TenantId): Promise<string[]> {
    const prefix = resourceName(tenantId, "");
    return this.#idsOf((found) => found.startsWith(prefix));
  }

  async delete(clientId: string): Promise<void> {
    try {
      await this.#cognito.send(
        new DeleteUserPoolClientCommand({ UserPoolId: this.#userPoolId, ClientId: clientId }),
        callOptions(),
      );
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }

  /** The secret of a client, or undefined when there is no such client. */
  async secretOf(clientId: string): Promise<string | undefined> {
    try {
      const { UserPoolClient } = await this.#cognito.send(
        new DescribeUserPoolClientCommand({ UserPoolId: this.#userPoolId, ClientId: clientId }),
        callOptions(),
      );
      return UserPoolClient?.ClientSecret;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }

  /** Reads the whole list of the pool, since Cognito has no search by name. */
  async #idsOf(matches: (name: string) => boolean): Promise<string[]> {
    const found: string[] = [];
    const pages = paginateListUserPoolClients(
      { client: this.#cognito, pageSize: PAGE },
      { UserPoolId: this.#userPoolId },
      callOptions(),
    );
    for await (const { UserPoolClients = [] } of pages)
      for (const { ClientId, ClientName } of UserPoolClients)
        if (ClientId && ClientName && matches(ClientName)) found.push(ClientId);
    return found;
  }
}
