import {
  DescribeUserPoolClientCommand,
  ListUserPoolClientsCommand,
  ResourceNotFoundException,
  type UserPoolClientType,
} from "@aws-sdk/client-cognito-identity-provider";
import { qualified, SCOPES, type Scope } from "../../domain/access/scope.ts";
import type { Repairs } from "../../domain/tenancy/reconcile/difference.ts";
import { type Findings, tenantIdIn } from "../../domain/tenancy/reconcile/tenant-view.ts";
import { callOptions, everyPage } from "../control-plane.ts";
import { pacedCognito } from "../paced-clients.ts";

/** The largest page that ListUserPoolClients gives. */
const PAGE = 60;

/** Clients between two words of progress. */
const TELL_EVERY = 100;

type FoundAppClients = Findings["appClients"];

/** The app clients of a pool as they are, for whoever compares them with the records. */
export class ClientSurvey implements Pick<Repairs, "hasAppClient"> {
  readonly #cognito = pacedCognito();
  readonly #userPoolId: string;

  constructor(userPoolId: string) {
    this.#userPoolId = userPoolId;
  }

  /** Every tenant's. A list tells neither scopes nor dates, so each client is asked for, at AWS's pace. */
  async everyTenants(told: (what: string) => void): Promise<FoundAppClients> {
    const listed = everyPage(async (NextToken) => {
      const page = new ListUserPoolClientsCommand({
        UserPoolId: this.#userPoolId,
        MaxResults: PAGE,
        NextToken,
      });
      const { UserPoolClients: items = [], NextToken: next } = await this.#cognito.send(page, callOptions());
      return { items, next };
    });
    const ids: string[] = [];
    for await (const { ClientId, ClientName = "" } of listed)
      if (ClientId && tenantIdIn(ClientName)) ids.push(ClientId);
    return this.these(ids, (count) => told(`app clients: ${count} of ${ids.length}`));
  }

  /** Those of these clients that there are. */
  async these(clientIds: Iterable<string>, told?: (count: number) => void): Promise<FoundAppClients> {
    const found: FoundAppClients[number][] = [];
    for (const clientId of new Set(clientIds)) {
      const client = await this.#describe(clientId);
      if (client)
        found.push({
          clientId,
          name: client.ClientName ?? "",
          scopes: scopesOf(client),
          createdAt: client.CreationDate?.getTime() ?? 0,
        });
      if (found.length > 0 && found.length % TELL_EVERY === 0) told?.(found.length);
    }
    return found;
  }

  async hasAppClient(clientId: string): Promise<boolean> {
    return (await this.#describe(clientId)) !== undefined;
  }

  async #describe(clientId: string): Promise<UserPoolClientType | undefined> {
    try {
      const { UserPoolClient } = await this.#cognito.send(
        new DescribeUserPoolClientCommand({ UserPoolId: this.#userPoolId, ClientId: clientId }),
        callOptions(),
      );
      return UserPoolClient;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }
}

/** In the order of the list of scopes, as records have them. */
function scopesOf({ AllowedOAuthScopes = [] }: UserPoolClientType): Scope[] {
  return SCOPES.filter((scope) => AllowedOAuthScopes.includes(qualified(scope)));
}
