import type { APIGatewayProxyEvent } from "aws-lambda";
import { type FlightId, isFlightId } from "../domain/flights/flight.ts";
import { Refusal } from "../domain/refusal.ts";

/** The flight that the path names; what is no id at all is answered like a flight that does not exist. */
export function flightIdOf({ pathParameters }: APIGatewayProxyEvent): FlightId {
  const flightId = pathParameters?.flightId;
  if (isFlightId(flightId)) return flightId;
  throw new Refusal("not-found", "There is no such flight.");
}
