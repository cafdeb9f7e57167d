import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { Hono } from "hono";
import { handle, type LambdaContext } from "hono/aws-lambda";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { newFlight } from "../../../src/generated/new-flight.js";

/** The same route as a team would write it with hono on Lambda. */
export function honoHandler({ issuer, jwksUri }: { issuer: string; jwksUri: string }) {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  const app = new Hono();
  app.post("/v1/flights", async (context) => {
    const token = context.req.header("authorization")?.replace(/^Bearer /, "") ?? "";
    const { payload } = await jwtVerify(token, keys, { issuer, algorithms: ["RS256"] });
    if (payload.token_use !== "access" || !String(payload.scope).split(" ").includes("airline/flights.write"))
      return context.json({ message: "Forbidden" }, 403);
    const body: unknown = await context.req.json();
    return newFlight(body) ? context.json(body, 201) : context.json({ message: "Invalid request body" }, 400);
  });
  const handler = handle(app);
  return (event: APIGatewayProxyEvent, context: Context) =>
    handler(event as never, context as unknown as LambdaContext);
}
