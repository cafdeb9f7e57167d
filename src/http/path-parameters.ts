import type { APIGatewayProxyEvent } from "aws-lambda";
import { type Group, isGroup, isUsername } from "../domain/access/people.ts";
import { type FlightId, isFlightId } from "../domain/flights/flight.ts";
import { Refusal } from "../domain/refusal.ts";
import { isTenantId, type TenantId } from "../domain/tenancy/tenant-id.ts";
import { type DeliveryId, isDeliveryId } from "../domain/webhooks/delivery.ts";
import { isWebhookId, type WebhookId } from "../domain/webhooks/endpoint.ts";

/** The flight that the path names; what is no id at all is answered like a flight that does not exist. */
export function flightIdOf({ pathParameters }: APIGatewayProxyEvent): FlightId {
  const flightId = pathParameters?.flightId;
  if (isFlightId(flightId)) return flightId;
  throw new Refusal("not-found", "There is no such flight.");
}

/** The webhook that the path names; what is no id at all is answered like a webhook that does not exist. */
export function webhookIdOf({ pathParameters }: APIGatewayProxyEvent): WebhookId {
  const webhookId = pathParameters?.webhookId;
  if (isWebhookId(webhookId)) return webhookId;
  throw new Refusal("not-found", "There is no such webhook.");
}

/** The delivery that the path names; what is no id at all is answered like a delivery that does not exist. */
export function deliveryIdIn({ pathParameters }: APIGatewayProxyEvent): DeliveryId {
  const deliveryId = pathParameters?.deliveryId;
  if (isDeliveryId(deliveryId)) return deliveryId;
  throw new Refusal("not-found", "There is no such delivery.");
}

/** The tenant that the path names; what is no id at all is answered like a tenant that does not exist. */
export function tenantIn({ pathParameters }: APIGatewayProxyEvent): TenantId {
  const tenantId = pathParameters?.tenantId;
  if (isTenantId(tenantId)) return tenantId;
  throw new Refusal("not-found", "There is no such tenant.");
}

/** The username in the path, whether or not the gateway has decoded it. */
export function usernameIn({ pathParameters }: APIGatewayProxyEvent): string {
  const username = decoded(pathParameters?.username);
  if (isUsername(username)) return username;
  throw new Refusal("not-found", "There is no such user.");
}

export function groupIn({ pathParameters }: APIGatewayProxyEvent): Group {
  const group = pathParameters?.group;
  if (isGroup(group)) return group;
  throw new Refusal("not-found", "There is no such group.");
}

/** The tenant in the path; what is no id at all is answered like a tenant that does not exist. */
export function tenantIdIn({ pathParameters }: APIGatewayProxyEvent): TenantId {
  const tenantId = pathParameters?.tenantId;
  if (isTenantId(tenantId)) return tenantId;
  throw new Refusal("not-found", "There is no such tenant.");
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
