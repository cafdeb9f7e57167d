import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { AccessToken } from "../domain/access/access-token.ts";
import type { VerifiedTenant } from "../domain/access/verified-tenant.ts";

/** What the steps of the gate find out, each for those after it. */
export interface GateContext extends Context {
  token: AccessToken;
  tenant: VerifiedTenant;
}

/** A step of a gate: looks at the request, throws or lets it pass. */
export type Step<C extends Context> = MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult, Error, C>;

/** A step of the gate for tenants' machines. */
export type GateStep = Step<GateContext>;
