import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { Person } from "../domain/access/person.ts";

/** What the steps of the gate for people find out, each for those after it. */
export interface PersonContext extends Context {
  person: Person;
}

/** A step of the gate for people. */
export type PersonGateStep = MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult, Error, PersonContext>;
