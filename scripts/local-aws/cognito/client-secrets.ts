import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { ClientSecret } from "./client-secret.ts";
import { type Client, type Clients, clientIdOf, existingClient } from "./clients.ts";
import { invalidParameter, limitExceeded, notFound } from "./errors.ts";
import type { Operations } from "./operations.ts";
import type { Pools } from "./pools.ts";
import { newClientSecret } from "./random-ids.ts";
import { timestamp } from "./time.ts";

const MOST_SECRETS = 2;
const GIVEN_VALUE = { shortest: 24, longest: 64, pattern: /^[\w+]+$/, sensitive: true };

/** @param value a secret that the caller chose; left out, one is generated. */
export function newSecret(clientId: string, now: number, value = newClientSecret()): ClientSecret {
  return { id: `${clientId}--${now}`, value, createdAt: now };
}

/** Whether a value is one of the client's live secrets. Takes the same time whichever differs, and where. */
export function isSecretOf(client: Pick<Client, "secrets">, value: string): boolean {
  const given = digest(value);
  let matches = false;
  for (const secret of client.secrets) if (timingSafeEqual(digest(secret.value), given)) matches = true;
  return matches;
}

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddUserPoolClientSecret.html */
export function clientSecretOperations(clients: Clients, pools: Pools, clock: Clock): Operations {
  return {
    AddUserPoolClientSecret(input) {
      const given = input.optionalText("ClientSecret", GIVEN_VALUE);
      const client = existingClient(clients, pools, input);
      if (client.secrets.length === 0)
        throw invalidParameter(`Client ${client.id} is not configured with a client secret.`);
      if (client.secrets.length >= MOST_SECRETS)
        throw limitExceeded(`Maximum number of client secrets exceeded for client ${client.id}.`);
      const newest = client.secrets.reduce((latest, { createdAt }) => Math.max(latest, createdAt), 0);
      // Two secrets made within the same millisecond still need ids that differ.
      const secret = newSecret(client.id, Math.max(clock.now(), newest + 1), given);
      clients.put({ ...client, secrets: [...client.secrets, secret] });
      return {
        ClientSecretDescriptor: {
          ...describe(secret),
          ...(given === undefined && { ClientSecretValue: secret.value }),
        },
      };
    },

    ListUserPoolClientSecrets(input) {
      return { ClientSecrets: existingClient(clients, pools, input).secrets.map(describe) };
    },

    DeleteUserPoolClientSecret(input) {
      const secretId = input.text("ClientSecretId");
      const client = existingClient(clients, pools, input);
      const secrets = client.secrets.filter(({ id }) => id !== secretId);
      if (secrets.length === client.secrets.length)
        throw notFound(`Client secret ${secretId} does not exist for client ${clientIdOf(input)}.`);
      if (secrets.length === 0)
        throw invalidParameter(`Cannot delete the last remaining secret for client ${client.id}.`);
      clients.put({ ...client, secrets });
      return {};
    },
  };
}

const describe = (secret: ClientSecret) => ({
  ClientSecretId: secret.id,
  ClientSecretCreateDate: timestamp(secret.createdAt),
});

/** Digests have one length, which `timingSafeEqual` asks for. */
const digest = (value: string): Buffer => createHash("sha256").update(value).digest();
