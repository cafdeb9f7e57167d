import { createPublicKey, verify } from "node:crypto";
import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { newApiKeyValue } from "../../src/domain/tenancy/api-key-value.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { newFlight } from "../../src/generated/new-flight.js";
import { ok } from "../../src/http/responses.ts";
import { tenantEndpoint } from "../../src/http/tenant-endpoint.ts";
import { invocationContext, proxyEvent } from "../support/event.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { TokenIssuer } from "../support/token-issuer.ts";
import { atLeast, atMost, type Measurement, type Subject, subject, timeSideBySide } from "./measurement.ts";
import { expressHandler } from "./rivals/express.ts";
import { honoHandler } from "./rivals/hono.ts";
import { powertoolsHandler } from "./rivals/powertools.ts";

const WARM_UP = 600;
const RUNS = 2000;
/** Cognito's machine tokens have none, but one of the rivals insists. */
const AUDIENCE = "bench";

/**
 * The way of a request through a function without its database: verify, scope, key, parse, validate,
 * respond. The floor does the least that such a request needs, by hand.
 */
export async function measurePipeline(): Promise<Measurement[]> {
  const issuer = await TokenIssuer.start();
  try {
    const requests = await makeRequests(issuer);
    const again = await requests.withToken(0);
    const fresh = (run: number) => requests.fresh[run] ?? again;
    const endpoint = makeEndpoint(issuer);
    const [first, repeated] = [requests.fresh.at(-1) ?? again, again];
    await expectAdmitted(endpoint(first.event(), invocationContext()));

    const times = await timeSideBySide(
      {
        floor: subject(fresh, floor(issuer)),
        first: lambda((run) => fresh(run).event(), endpoint),
        again: lambda(() => repeated.event(), endpoint),
        ...(await rivals(issuer, (run) => fresh(run).event(), repeated.event())),
      },
      { warmUp: WARM_UP, runs: RUNS },
    );
    const of = (name: string) => times.get(name) ?? Number.NaN;
    return [
      atMost("pipeline, token seen for the first time / floor", "µs", of("first"), of("floor"), 1.2),
      atMost("pipeline, token seen again / floor", "µs", of("again"), of("floor"), 0.5),
      ...["express", "hono", "powertools"].flatMap((rival) => [
        atLeast(`${rival} / pipeline, token seen for the first time`, "µs", of(rival), of("first"), 2),
        atLeast(`${rival} / pipeline, token seen again`, "µs", of(rival), of("again"), 2),
      ]),
    ];
  } finally {
    await issuer.stop();
  }
}

interface Request {
  readonly token: string;
  event(): APIGatewayProxyEvent;
}

async function makeRequests(issuer: TokenIssuer) {
  const tenantId = newTenantId();
  const apiKey = newApiKeyValue(tenantId);
  const body = JSON.stringify(NEW_FLIGHT);
  const withToken = async (index: number): Promise<Request> => {
    const token = await issuer.sign({
      gatehouse_tenant: tenantId,
      gatehouse_plan: "standard",
      jti: `token-${index}`,
      aud: AUDIENCE,
    });
    const headers = {
      Accept: "application/json",
      "Accept-Encoding": "gzip, deflate, br",
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      Host: "abcdefghij.execute-api.us-east-1.amazonaws.com",
      "User-Agent": "bench",
      "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000",
      "X-Forwarded-For": "127.0.0.1",
      "X-Forwarded-Port": "443",
      "X-Forwarded-Proto": "https",
      "x-api-key": apiKey,
    };
    return {
      token,
      event: () => proxyEvent({ method: "POST", resource: "/v1/flights", headers, body, apiKey }),
    };
  };
  const fresh = await Promise.all(
    Array.from({ length: WARM_UP + RUNS + 1 }, (_unused, index) => withToken(index + 1)),
  );
  return { fresh, withToken };
}

function makeEndpoint(issuer: TokenIssuer) {
  Object.assign(process.env, issuer.environment);
  return tenantEndpoint({ scope: "flights.write", body: newFlight, handle: async ({ body }) => ok(body) });
}

function floor({ publicKey }: TokenIssuer) {
  const key = createPublicKey({ key: publicKey, format: "jwk" });
  const body = JSON.stringify(NEW_FLIGHT);
  return ({ token }: Request) => {
    const end = token.lastIndexOf(".");
    if (
      !verify(
        "RSA-SHA256",
        Buffer.from(token.slice(0, end)),
        key,
        Buffer.from(token.slice(end + 1), "base64url"),
      )
    )
      throw new Error("the floor's signature does not verify");
    const parsed: unknown = JSON.parse(body);
    if (!newFlight(parsed)) throw new Error("the floor's body is not valid");
    return JSON.stringify(parsed);
  };
}

type LambdaHandler = (event: APIGatewayProxyEvent, context: Context) => unknown;

function lambda(prepare: (run: number) => APIGatewayProxyEvent, handler: LambdaHandler): Subject {
  return subject(prepare, (event) => handler(event, invocationContext()));
}

async function rivals(
  issuer: TokenIssuer,
  event: (run: number) => APIGatewayProxyEvent,
  sample: APIGatewayProxyEvent,
) {
  const trust = {
    userPoolId: issuer.poolId,
    issuer: issuer.issuer,
    audience: AUDIENCE,
    jwksUri: issuer.jwksUri,
  };
  const handlers = {
    express: expressHandler(trust),
    hono: honoHandler(trust),
    powertools: powertoolsHandler(trust),
  };
  const subjects: Record<string, Subject> = {};
  for (const [name, handler] of Object.entries(handlers)) {
    await expectAdmitted(handler(sample, invocationContext()));
    subjects[name] = lambda(event, handler);
  }
  return subjects;
}

/** A subject that refuses would look fast. */
async function expectAdmitted(answer: unknown): Promise<void> {
  const { statusCode } = (await answer) as { statusCode: number };
  if (statusCode !== 200 && statusCode !== 201)
    throw new Error(`a subject of the bench answered ${statusCode}`);
}
