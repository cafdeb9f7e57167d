import { randomBytes } from "node:crypto";
import { sign as signGithub } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import type { HookScheme } from "../../../src/domain/hooks/hook-source.ts";
import type { SignedMessage } from "../../../src/domain/hooks/signed-message.ts";

export const NOW = Date.parse("2027-03-01T09:00:00Z");

/** What a message says of itself; the official libraries sign it. */
export interface Wanted {
  readonly body?: string;
  readonly id?: string;
  /** Epoch milliseconds. */
  readonly at?: number;
}

export const newSecret = (scheme: HookScheme): string =>
  scheme === "standard-webhooks"
    ? `whsec_${randomBytes(32).toString("base64")}`
    : randomBytes(24).toString("hex");

/** Headers of a message as the scheme's official library signs it. */
export async function signedHeaders(
  scheme: HookScheme,
  secret: string,
  { body = "{}", id = "msg_1", at = NOW }: Wanted = {},
): Promise<Record<string, string>> {
  const seconds = Math.floor(at / 1000);
  if (scheme === "standard-webhooks")
    return {
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": new Webhook(secret).sign(id, new Date(at), body),
    };
  if (scheme === "github")
    return { "x-github-delivery": id, "x-hub-signature-256": await signGithub(secret, body) };
  const signed = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: seconds });
  return { "stripe-signature": signed };
}

export function messageOf(
  headers: Readonly<Record<string, string | readonly string[]>>,
  body: string | Buffer,
): SignedMessage {
  return {
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
    body: Buffer.from(body),
  };
}

/** A message of the third party whose secret it is. */
export async function signedMessage(
  scheme: HookScheme,
  secret: string,
  wanted: Wanted = {},
): Promise<SignedMessage> {
  return messageOf(await signedHeaders(scheme, secret, wanted), wanted.body ?? "{}");
}
