import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoAuditTrail } from "../../src/aws/dynamodb/audit-trail.ts";
import { tenantOfClient } from "../../src/aws/dynamodb/tenant-directory.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import type { AppClientRecord, TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { HttpApiClients } from "../stage/http-api-clients.ts";
import type { Operator } from "../stage/operator.ts";
import { note, print } from "../stage/print.ts";
import type { StageSettings } from "../stage/stage-settings.ts";
import type { Session } from "./commands.ts";

/** The stage's list of clients, and the tables that its changes are audited in. */
export function httpApiClients(settings: StageSettings, operator: Operator): HttpApiClients {
  const trail = new DynamoAuditTrail(
    DynamoDBDocumentClient.from(new DynamoDBClient({})),
    settings.controlTable,
  );
  return new HttpApiClients(settings, trail, operator);
}

export interface PlacesOptions {
  readonly orphans?: boolean;
}

/** The ids in the list. What belongs to no client is marked; with `orphans` it is all that is told. */
export async function listHttpApiClients(
  { settings, operator, json }: Session,
  { orphans = false }: PlacesOptions,
): Promise<void> {
  const ids = await httpApiClients(settings, operator).list();
  const tenants = await Promise.all(ids.map((clientId) => tenantOfClient(settings.controlTable, clientId)));
  const isOrphan = (_id: string, place: number) => tenants[place] === undefined;
  if (json) return print(JSON.stringify(orphans ? ids.filter(isOrphan) : ids));
  const lines = ids.map((id, place) => (isOrphan(id, place) ? `${id}  belongs to no client` : id));
  await print((orphans ? lines.filter(isOrphan) : lines).join("\n"));
}

export async function allowHttpApi(session: Session, tenantName: string, clientName: string): Promise<void> {
  const { tenant, client } = await find(session, tenantName, clientName);
  const changed = await httpApiClients(session.settings, session.operator).allow(tenant, client);
  note(
    changed
      ? `The client "${client.label}" of "${tenant.slug}" may call by the HTTP API. Add ${client.clientId} to the parameter httpApiClients.`
      : `The client "${client.label}" of "${tenant.slug}" may do so already.`,
  );
}

export interface DenyOptions {
  readonly clientId?: string;
}

type Denied = { readonly tenant: string; readonly client: string } | { readonly clientId: string };

/** Throws a Refusal `invalid` where it is not said whom to deny, or twice. */
export function deniedBy(
  tenant: string | undefined,
  client: string | undefined,
  { clientId }: DenyOptions,
): Denied {
  if (clientId !== undefined && tenant === undefined) return { clientId };
  if (clientId === undefined && tenant !== undefined && client !== undefined) return { tenant, client };
  throw new Refusal("invalid", "Say either a tenant and its client, or --client-id.");
}

export async function denyHttpApi(session: Session, denied: Denied): Promise<void> {
  const { settings, operator } = session;
  const clients = httpApiClients(settings, operator);
  if ("clientId" in denied) {
    const owner = await ownerOf(session, denied.clientId);
    if (!owner) return note(removedText(denied.clientId, await clients.remove(denied.clientId)));
    return note(deniedText(owner, await clients.deny(owner.tenant, owner.client)));
  }
  const found = await find(session, denied.tenant, denied.client);
  note(deniedText(found, await clients.deny(found.tenant, found.client)));
}

function deniedText({ tenant, client }: Owned, changed: boolean): string {
  return changed
    ? `The client "${client.label}" of "${tenant.slug}" may call by the REST API alone. Take ${client.clientId} out of the parameter httpApiClients.`
    : `The client "${client.label}" of "${tenant.slug}" was not in the list.`;
}

function removedText(clientId: string, changed: boolean): string {
  return changed
    ? `${clientId} belongs to no client, and its place is free. Take it out of the parameter httpApiClients.`
    : `${clientId} was not in the list.`;
}

interface Owned {
  readonly tenant: TenantRecord;
  readonly client: AppClientRecord;
}

/** A client that was deleted, or whose tenant was offboarded, has none. */
async function ownerOf({ operations, settings }: Session, id: string): Promise<Owned | undefined> {
  const tenant = await tenantOfClient(settings.controlTable, id);
  const clients = tenant ? await operations.clientsOf(tenant) : [];
  const client = clients.find(({ clientId }) => clientId === id);
  return tenant && client && { tenant, client };
}

async function find({ operations }: Session, tenantName: string, clientName: string): Promise<Owned> {
  const tenant = await operations.find(tenantName);
  return { tenant, client: await operations.findClient(tenant, clientName) };
}
