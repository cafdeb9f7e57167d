import {
  CreateUserPoolClientCommand,
  DeleteUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  ListUserPoolClientsCommand,
  ResourceNotFoundException,
  UpdateUserPoolClientCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { qualified, type Scope } from "../../domain/access/scope.ts";
import { TOKEN_LIFE_SECONDS } from "../../domain/tenancy/cut-off.ts";
import type { Renew } from "../../domain/tenancy/lease.ts";
import type { AppClients } from "../../domain/tenancy/ports.ts";
import { resourceName } from "../../domain/tenancy/tenant.ts";
import type { TenantId } from "../../domain/tenancy/tenant-id.ts";
import { withinQuota } from "../aws-quota.ts";
import { callOptions, everyPage } from "../control-plane.ts";
import { pacedCognito } from "../paced-clients.ts";

/** The largest page that ListUserPoolClients gives. */
const PAGE = 60;

/** The app clients of a user pool, by which tenants' machines get their tokens. */
export class CognitoAppClients implements AppClients {
  readonly #cognito = pacedCognito();
  readonly #userPoolId: string;

  constructor(userPoolId: string) {
    this.#userPoolId = userPoolId;
  }

  async create(name: string, scopes: readonly Scope[]): Promise<{ clientId: string; clientSecret: string }> {
    const client = new CreateUserPoolClientCommand({
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
    });
    const { UserPoolClient } = await withinQuota("appClients", () =>
      this.#cognito.send(client, callOptions()),
    );
    const { ClientId: clientId, ClientSecret: clientSecret } = UserPoolClient ?? {};
    if (!clientId || !clientSecret)
      throw new Error("Cognito answered CreateUserPoolClient without id or secret");
    return { clientId, clientSecret };
  }

  /** UpdateUserPoolClient resets what it is not given, so it is given all that the client has. */
  async setScopes(clientId: string, scopes: readonly Scope[], renew?: Renew): Promise<void> {
    const client = { UserPoolId: this.#userPoolId, ClientId: clientId };
    try {
      const { UserPoolClient } = await this.#cognito.send(
        new DescribeUserPoolClientCommand(client),
        callOptions(),
      );
      const {
        ClientSecret: _secret,
        CreationDate: _created,
        LastModifiedDate: _modified,
        ...settings
      } = UserPoolClient ?? {};
      await renew?.();
      await this.#cognito.send(
        new UpdateUserPoolClientCommand({
          ...settings,
          ...client,
          AllowedOAuthScopes: scopes.map(qualified),
        }),
        callOptions(),
      );
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }

  find(name: string, renew?: Renew): Promise<string[]> {
    return this.#idsOf((found) => found === name, renew);
  }

  ofTenant(tenantId: TenantId, renew?: Renew): Promise<string[]> {
    const prefix = resourceName(tenantId, "");
    return this.#idsOf((found) => found.startsWith(prefix), renew);
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
  async #idsOf(matches: (name: string) => boolean, renew: Renew | undefined): Promise<string[]> {
    const pages = everyPage(async (NextToken) => {
      const { UserPoolClients: items = [], NextToken: next } = await this.#cognito.send(
        new ListUserPoolClientsCommand({ UserPoolId: this.#userPoolId, MaxResults: PAGE, NextToken }),
        callOptions(),
      );
      return { items, next };
    }, renew);
    const found: string[] = [];
    for await (const { ClientId, ClientName } of pages)
      if (ClientId && ClientName && matches(ClientName)) found.push(ClientId);
    return found;
  }
}
