import { Webhook } from "standardwebhooks";

/**
 * The headers of Standard Webhooks, signed now with each secret: two while the endpoint's secret is changed.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#webhook-headers-sending-metadata-to-consumers
 *
 * @param id the same at every attempt
 * @param now epoch milliseconds; an old signature is refused by whoever verifies it
 */
export function webhookHeaders(
  id: string,
  body: string,
  secrets: readonly Uint8Array[],
  now: number,
): Readonly<Record<string, string>> {
  const signatures = secrets.map((secret) =>
    new Webhook(secret, { format: "raw" }).sign(id, new Date(now), body),
  );
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now / 1000)),
    "webhook-signature": signatures.join(" "),
  };
}
