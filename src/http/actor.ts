import { isIP } from "node:net";
import type { APIGatewayProxyEvent } from "aws-lambda";
import type { Actor } from "../domain/audit.ts";
import type { PersonContext } from "./person-gate.ts";
import { requestIdOf } from "./request-id.ts";

/** Whom the audit log names for what a person does through an API. */
export function actorOf(event: APIGatewayProxyEvent, context: PersonContext): Actor {
  const { sub, username, groups } = context.person;
  // The gateway writes the address; without one the event may hold anything.
  const sourceIp = event.requestContext?.identity?.sourceIp ?? "";
  return {
    id: sub,
    name: username,
    groups: [...groups],
    ...(isIP(sourceIp) > 0 && { sourceIp }),
    requestId: requestIdOf(event, context),
  };
}
