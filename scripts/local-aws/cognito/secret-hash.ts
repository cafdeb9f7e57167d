import { createHmac, timingSafeEqual } from "node:crypto";
import type { Client } from "./clients.ts";
import { notAuthorized } from "./errors.ts";

/**
 * Checks `SECRET_HASH`, which a client with a secret sends along with a user's name: the base64 of
 * HMAC-SHA256 over username and client id, keyed with the secret. Any live secret will do.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
 */
export function checkSecretHash(client: Client, username: string, given: string | undefined): void {
  if (client.secrets.length === 0) {
    if (given === undefined) return;
    throw notAuthorized(`Client ${client.id} is not configured for secret but secret hash was received`);
  }
  if (given === undefined)
    throw notAuthorized(`Client ${client.id} is configured with secret but SECRET_HASH was not received`);
  const hash = Buffer.from(given, "base64");
  const matches = client.secrets.some(({ value }) => {
    const expected = createHmac("sha256", value).update(`${username}${client.id}`).digest();
    return expected.length === hash.length && timingSafeEqual(expected, hash);
  });
  if (!matches) throw notAuthorized(`Unable to verify secret hash for client ${client.id}`);
}
