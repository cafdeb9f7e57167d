import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoAuditTrail } from "../../src/aws/dynamodb/audit-trail.ts";
import { Refusal } from "../../src/domain/refusal.ts";
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

export async function listHttpApiClients({ settings, operator, json }: Session): Promise<void> {
  const clients = await httpApiClients(settings, operator).list();
  await print(json ? JSON.stringify(clients) : clients.join("\n"));
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

export async function denyHttpApi(session: Session, tenantName: string, clientName: string): Promise<void> {
  const { tenant, client } = await find(session, tenantName, clientName);
  const changed = await httpApiClients(session.settings, session.operator).deny(tenant, client);
  note(
    changed
      ? `The client "${client.label}" of "${tenant.slug}" may call by the REST API alone. Take ${client.clientId} out of the parameter httpApiClients.`
      : `The client "${client.label}" of "${tenant.slug}" was not in the list.`,
  );
}

async function find({ operations }: Session, tenantName: string, clientName: string) {
  const tenant = await operations.find(tenantName);
  const clients = await operations.clientsOf(tenant);
  const client = clients.find(({ clientId, label }) => clientId === clientName || label === clientName);
  if (!client) throw new Refusal("not-found", `"${tenant.slug}" has no client "${clientName}".`);
  return { tenant, client };
}
