import { note, print } from "../stage/print.ts";
import { pairs, table } from "../stage/text.ts";
import type { Session } from "./commands.ts";
import { confirm } from "./confirm.ts";
import type { ChangeOptions } from "./lifecycle.ts";

export interface RotationOptions {
  readonly deadline?: string;
}

const waiting = () =>
  note("Another run is at work on these credentials; waiting for it to end or to be given up.");

export async function listSecrets(
  { operations, json }: Session,
  name: string,
  clientName: string,
): Promise<void> {
  const client = await operations.findClient(await operations.find(name), clientName);
  const secrets = await operations.credentials.secretsOf(client);
  await print(
    json
      ? JSON.stringify(secrets)
      : table(
          ["SECRET", "CREATED", "RETIRES"],
          secrets.map(({ secretId, createdAt, retiresAt }) => [secretId, createdAt, retiresAt ?? "–"]),
        ),
  );
}

export async function addSecret(
  { operations, json }: Session,
  name: string,
  clientName: string,
  { deadline }: RotationOptions,
): Promise<void> {
  const tenant = await operations.find(name);
  const client = await operations.findClient(tenant, clientName);
  const { clientId } = client;
  const { retiring } = await operations.credentials.rotateSecret(tenant, client, deadline, {
    waiting,
    handOver: async ({ made: { id: secretId, clientSecret }, retiring }) => {
      if (json) await print(JSON.stringify({ clientId, secretId, clientSecret, retiring }));
      else
        await print(shown({ "Client id": clientId, "Secret id": secretId, "Client secret": clientSecret }));
    },
  });
  note(`Both secrets work until ${retiring.retiresAt}; then ${retiring.id} is deleted.`);
}

export async function revokeSecret(
  { operations, json }: Session,
  name: string,
  { client: clientName, secret }: { readonly client: string; readonly secret: string },
  { yes = false }: ChangeOptions,
): Promise<void> {
  const tenant = await operations.find(name);
  const client = await operations.findClient(tenant, clientName);
  const question = `Delete the secret ${secret} of the client "${client.label}" of "${tenant.slug}"?`;
  await confirm(`${question} All live tokens of the client become void.`, yes);
  await operations.credentials.revokeSecret(tenant, client, secret, { waiting });
  if (json) await print(JSON.stringify({ clientId: client.clientId, secretId: secret }));
  note(`The secret ${secret} is deleted; the client's live tokens are refused within 30 s.`);
}

export async function listKeys({ operations, json }: Session, name: string): Promise<void> {
  const keys = await operations.credentials.keysOf(await operations.find(name));
  await print(
    json
      ? JSON.stringify(keys)
      : table(
          ["KEY", "STATE", "CREATED", "RETIRES"],
          keys.map(({ id, enabled, createdAt, retiresAt }) => [
            id,
            enabled ? "enabled" : "disabled",
            createdAt,
            retiresAt ?? "–",
          ]),
        ),
  );
}

export async function rotateKey(
  { operations, json }: Session,
  name: string,
  { deadline }: RotationOptions,
): Promise<void> {
  const tenant = await operations.find(name);
  const { made, retiring } = await operations.credentials.rotateKey(tenant, deadline, {
    waiting,
    handOver: async ({ made: { id: apiKeyId, apiKey, remaining }, retiring }) => {
      if (json) await print(JSON.stringify({ apiKeyId, apiKey, remaining, retiring }));
      else await print(shown({ "API key id": apiKeyId, "API key": apiKey }));
    },
  });
  note(`Both API keys work until ${retiring.retiresAt}; then ${retiring.id} is deleted.`);
  if (made.remaining !== null)
    note(
      `The new key begins with what the old one has left of the period's quota: ${made.remaining} requests.`,
    );
}

export async function revokeKey(
  { operations, json }: Session,
  name: string,
  apiKeyId: string,
  { yes = false }: ChangeOptions,
): Promise<void> {
  const tenant = await operations.find(name);
  await confirm(`Delete the API key ${apiKeyId} of "${tenant.slug}"? The gateway refuses it at once.`, yes);
  await operations.credentials.revokeKey(tenant, apiKeyId, { waiting });
  if (json) await print(JSON.stringify({ apiKeyId }));
  note(`The API key ${apiKeyId} is deleted.`);
}

function shown(credentials: Readonly<Record<string, string>>): string {
  const once = "This is shown this once and kept nowhere by Gatehouse: hand it over now.";
  return `${pairs(credentials)}\n\n${once}\n`;
}
