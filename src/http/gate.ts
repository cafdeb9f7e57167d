import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { AccessToken } from "../domain/access/access-token.ts";
import type { VerifiedTenant } from "../domain/access/verified-tenant.ts";

/** What the steps of the gate find out, each for those after it. */
export interface GateContext extends Context {
  token: AccessToken;
  tenant: VerifiedTenant;
}

/** A step of the gate: looks at the request, throws or lets it pass. */
export type GateStep = MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult, Error, GateContext>;

/** A step that any gate may have, whoever comes in by it. */
export type CommonStep = MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult, Error, Context>;
