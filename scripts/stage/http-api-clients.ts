import {
  ApiGatewayV2Client,
  GetAuthorizerCommand,
  UpdateAuthorizerCommand,
} from "@aws-sdk/client-apigatewayv2";
import {
  type AuditedState,
  Auditor,
  type AuditSubject,
  type AuditTrail,
  audited,
  SubjectAuditor,
} from "../../src/domain/audit.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import type { AppClientRecord, TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import type { Operator } from "./operator.ts";
import type { StageSettings } from "./stage-settings.ts";

/** "Audiences per authorizer", not adjustable: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MOST_CLIENTS = 50;
/** The list must not be empty; no app client is called so. */
const NOBODY = "none";

type Tenant = Pick<TenantRecord, "tenantId" | "slug">;
type Client = Pick<AppClientRecord, "clientId" | "label">;

/**
 * The app clients that may call by the HTTP API: the audience list of its JWT authorizer, which is the only
 * record of them. Each change replaces the whole list; two operators at once may lose one of their changes.
 */
export class HttpApiClients {
  readonly #gateway = new ApiGatewayV2Client({});
  readonly #authorizer: { readonly ApiId: string; readonly AuthorizerId: string };
  readonly #trail: AuditTrail;
  readonly #operator: Operator;

  constructor(
    { httpApiId, httpApiAuthorizerId }: Pick<StageSettings, "httpApiId" | "httpApiAuthorizerId">,
    trail: AuditTrail,
    operator: Operator,
  ) {
    this.#authorizer = { ApiId: httpApiId, AuthorizerId: httpApiAuthorizerId };
    this.#trail = trail;
    this.#operator = operator;
  }

  /** Client ids, of whatever tenants. */
  async list(): Promise<string[]> {
    const { audience } = await this.#configuration();
    return audience.filter((client) => client !== NOBODY);
  }

  /** Whether that changed anything. Throws a Refusal `conflict` when the list is full. */
  async allow(tenant: Tenant, client: Client): Promise<boolean> {
    const clients = await this.list();
    if (clients.includes(client.clientId)) return false;
    if (clients.length >= MOST_CLIENTS)
      throw new Refusal(
        "conflict",
        `${MOST_CLIENTS} clients may call by the HTTP API, and as many do; deny one first. http-api list --orphans names those of deleted clients.`,
      );
    const { actor, clock } = this.#operator;
    const auditor = new Auditor(actor, clock, "client.allowHttpApi", tenant);
    await this.#replace([...clients, client.clientId], auditor, nameOf(client));
    return true;
  }

  /** Whether that changed anything. The gateway refuses the client's next call, within a minute at most. */
  deny(tenant: Tenant, client: Client): Promise<boolean> {
    const { actor, clock } = this.#operator;
    const auditor = new Auditor(actor, clock, "client.denyHttpApi", tenant);
    return this.#remove(client.clientId, auditor, nameOf(client));
  }

  /** The same for an id that belongs to no client any more: deleted clients keep their places. */
  remove(clientId: string): Promise<boolean> {
    const { actor, clock } = this.#operator;
    const auditor = new SubjectAuditor(actor, clock, { action: "httpApi.removeClient", clientId });
    return this.#remove(clientId, auditor, {});
  }

  async #remove(id: string, auditor: SubjectAuditor<AuditSubject>, after: AuditedState): Promise<boolean> {
    const clients = await this.list();
    if (!clients.includes(id)) return false;
    const left = clients.filter((clientId) => clientId !== id);
    await this.#replace(left, auditor, after);
    return true;
  }

  async #replace(
    clients: readonly string[],
    auditor: SubjectAuditor<AuditSubject>,
    after: AuditedState,
  ): Promise<void> {
    const { issuer } = await this.#configuration();
    await audited(this.#trail, auditor, { before: {}, after }, () =>
      this.#gateway.send(
        new UpdateAuthorizerCommand({
          ...this.#authorizer,
          JwtConfiguration: { Issuer: issuer, Audience: clients.length > 0 ? [...clients] : [NOBODY] },
        }),
      ),
    );
  }

  async #configuration(): Promise<{ issuer: string; audience: string[] }> {
    const { JwtConfiguration } = await this.#gateway.send(new GetAuthorizerCommand(this.#authorizer));
    if (!JwtConfiguration?.Issuer) throw new Error("the HTTP API's authorizer has no issuer");
    return { issuer: JwtConfiguration.Issuer, audience: JwtConfiguration.Audience ?? [] };
  }
}

function nameOf({ label, clientId }: Client): AuditedState {
  return { label, clientId };
}
