import type { APIGatewayProxyEvent } from "aws-lambda";
import { type Group, isGroup, isUsername } from "../domain/access/people.ts";
import { type FlightId, isFlightId } from "../domain/flights/flight.ts";
import { Refusal } from "../domain/refusal.ts";

/** The flight that the path names; what is no id at all is answered like a flight that does not exist. */
export function flightIdOf({ pathParameters }: APIGatewayProxyEvent): FlightId {
  const flightId = pathParameters?.flightId;
  if (isFlightId(flightId)) return flightId;
  throw new Refusal("not-found", "There is no such flight.");
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

function decoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
