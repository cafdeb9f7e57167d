import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import express from "express";
import { auth, requiredScopes } from "express-oauth2-jwt-bearer";
import serverless from "serverless-http";
import { newFlight } from "../../../src/generated/new-flight.js";

/** The same route as a team would write it with express on Lambda. */
export function expressHandler(trust: { issuer: string; audience: string; jwksUri: string }) {
  const app = express();
  app.disable("x-powered-by");
  app.use(auth({ ...trust, tokenSigningAlg: "RS256" }));
  app.post("/v1/flights", requiredScopes("airline/flights.write"), express.json(), (request, response) => {
    if (newFlight(request.body)) response.status(201).json(request.body);
    else response.status(400).json({ message: "Invalid request body" });
  });
  const handler = serverless(app);
  return (event: APIGatewayProxyEvent, context: Context) => handler(event, context);
}
