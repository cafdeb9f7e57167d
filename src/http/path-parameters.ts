import type { APIGatewayProxyEvent } from "aws-lambda";
import { type Group, isGroup, isUsername } from "../domain/access/people.ts";
import { type FlightId, isFlightId } from "../domain/flights/flight.ts";
import { Refusal } from "../domain/refusal.ts";
import { isTenantId, type TenantId } from "../domain/tenancy/tenant-id.ts";

/** The flight that the path names; what is no id at all is answered like a flight that does not exist. */
export function flightIdOf({ pathParameters }: APIGatewayProxyEvent): FlightId {
  const flightId = pathParameters?.flightId;
  if (isFlightId(flightId)) return flightId;
  throw new Refusal("not-found", "There is no such flight.");
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
