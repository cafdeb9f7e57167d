import { Router } from "@aws-lambda-powertools/event-handler/http";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { newFlight } from "../../../src/generated/new-flight.js";
import { KeyFetcher } from "../../../src/http/key-fetcher.ts";

/** The same route as a team would write it with Powertools' event handler and aws-jwt-verify. */
export function powertoolsHandler({ userPoolId, jwksUri }: { userPoolId: string; jwksUri: string }) {
  const verifier = CognitoJwtVerifier.create(
    { userPoolId, tokenUse: "access", clientId: null, scope: "airline/flights.write" },
    { jwksCache: new SimpleJwksCache({ fetcher: new KeyFetcher(jwksUri) }) },
  );
  const app = new Router();
  app.post("/v1/flights", async ({ req }) => {
    await verifier.verify(req.headers.get("authorization")?.replace(/^Bearer /, "") ?? "");
    const body: unknown = await req.json();
    const status = newFlight(body) ? 201 : 400;
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  return (event: APIGatewayProxyEvent, context: Context) => app.resolve(event, context);
}
