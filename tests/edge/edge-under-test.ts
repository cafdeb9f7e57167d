import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { AccessLog } from "../../scripts/local-aws/edge/access-log.ts";
import { openToAll } from "../../scripts/local-aws/edge/authorizers/authorizer.ts";
import { awsIam } from "../../scripts/local-aws/edge/authorizers/aws-iam.ts";
import { cognitoUserPools } from "../../scripts/local-aws/edge/authorizers/cognito.ts";
import { lambdaAuthorizers } from "../../scripts/local-aws/edge/authorizers/lambda.ts";
import type { Admission, UsageMeter } from "../../scripts/local-aws/edge/checks/require-api-key.ts";
import { compileRestApi } from "../../scripts/local-aws/edge/compile-rest-api.ts";
import { Edge } from "../../scripts/local-aws/edge/edge.ts";
import type { ServiceRequest } from "../../scripts/local-aws/edge/integrations/aws-service.ts";
import { listen } from "../../scripts/local-aws/edge/listen.ts";
import { Identities } from "../../scripts/local-aws/iam/identities.ts";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import { Stack, type TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";
import { Store } from "../../scripts/local-aws/kernel/store.ts";
import { compileWebAcl } from "../../scripts/local-aws/waf/compile-web-acl.ts";
import { template } from "./template.ts";

export const REGION = "eu-west-1";
export const POOL_ID = new Stack(template(), { region: REGION, name: "edge-dev" }).ref("UserPool");
export const FOREIGN_POOL_ID = `${REGION}_Foreign01`;
export const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
export const GOOD_KEY = "k".repeat(40);

type Handler = (event: APIGatewayProxyEvent) => unknown;

export interface SigningPool {
  readonly poolId: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function newPool(poolId: string, kid = "key-1"): SigningPool {
  return { poolId, kid, ...generateKeyPairSync("rsa", { modulusLength: 2048 }) };
}

export const pool = newPool(POOL_ID);
export const foreignPool = newPool(FOREIGN_POOL_ID, "foreign-key");

/** An access token of a machine as Cognito issues it, with `changes` to its claims. */
export function accessToken(changes: Record<string, unknown> = {}, signer: SigningPool = pool): string {
  const seconds = NOW / 1000;
  return sign(
    { alg: "RS256", kid: signer.kid },
    {
      sub: "client-1",
      token_use: "access",
      scope: "airline/flights.read airline/flights.write",
      auth_time: seconds,
      iss: issuer(signer.poolId),
      exp: seconds + 3600,
      iat: seconds,
      version: 2,
      jti: "jti-1",
      client_id: "client-1",
      gatehouse_tenant: "ten_01",
      ...changes,
    },
    signer.privateKey,
  );
}

export function sign(header: object, claims: object, privateKey: KeyObject): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey).toString("base64url")}`;
}

export function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

export function issuer(poolId: string): string {
  return `https://cognito-idp.${REGION}.amazonaws.com/${poolId}`;
}

export interface EdgeUnderTest {
  /** `http://127.0.0.1:<port>/dev` */
  readonly url: string;
  readonly origin: string;
  /** Functions by name; `echo` answers 200 with `{"ok":true}`. */
  readonly handlers: Record<string, Handler>;
  /** Every event a function was given. */
  readonly events: APIGatewayProxyEvent[];
  /** What services answer to integrations that call them themselves. */
  serviceAnswer: (request: ServiceRequest) => { readonly status: number; readonly body: string };
  /** Every request of such an integration. */
  readonly serviceRequests: ServiceRequest[];
  /** The API keys that there are. */
  readonly apiKeys: Set<string>;
  /** Every call the usage plans were asked about. */
  readonly metered: Parameters<UsageMeter["admit"]>[0][];
  readonly logLines: string[];
  readonly errors: unknown[];
  admission: Admission;
  stageAdmits: boolean;
  /** Epoch milliseconds. */
  now: number;
  /** Where calls come from, if not from where they come. */
  from: { readonly sourceIp?: string; readonly vpcEndpointId?: string };
  readonly identities: Identities;
  readonly restApiId: string;
  close(): Promise<void>;
}

/** The edge of a small API with more resources, or of another stack. */
export async function startEdge(
  resources: Record<string, TemplateResource> = {},
  stack = new Stack(template(resources), { region: REGION, name: "edge-dev" }),
): Promise<EdgeUnderTest> {
  const api = compileRestApi(stack);
  const accessLog = new AccessLog(api.accessLogFormat ?? "");
  const running = {
    url: "",
    origin: "",
    handlers: { echo: () => ({ statusCode: 200, body: '{"ok":true}' }) } as Record<string, Handler>,
    events: [] as APIGatewayProxyEvent[],
    serviceAnswer: (() => ({ status: 200, body: "{}" })) as EdgeUnderTest["serviceAnswer"],
    serviceRequests: [] as ServiceRequest[],
    apiKeys: new Set([GOOD_KEY]),
    metered: [] as Parameters<UsageMeter["admit"]>[0][],
    logLines: [] as string[],
    errors: [] as unknown[],
    admission: { outcome: "admitted", apiKeyId: "key-id-1" } as Admission,
    stageAdmits: true,
    now: NOW,
    from: {} as EdgeUnderTest["from"],
    close: async () => {},
  };
  accessLog.subscribe(({ message }) => running.logLines.push(message));
  const keys = new Map([
    [POOL_ID, [pool]],
    [FOREIGN_POOL_ID, [foreignPool]],
  ]);
  const clock = { now: () => running.now };
  const identities = new Identities({ store: Store.open(":memory:"), stack, clock });
  const invoke = async (functionArn: string, event: unknown): Promise<InvocationResult> => {
    const proxied = event as APIGatewayProxyEvent;
    running.events.push(proxied);
    const name = functionArn.slice(functionArn.lastIndexOf(":") + 1);
    try {
      return { payload: await running.handlers[name]?.(proxied) };
    } catch (error) {
      const errorMessage = error instanceof Error ? error.message : String(error);
      return { error: { errorType: "Error", errorMessage } };
    }
  };
  const edge = new Edge(api, {
    clock,
    invoke,
    callService: async (request) => {
      running.serviceRequests.push(request);
      return running.serviceAnswer(request);
    },
    accessLog,
    webAcl: compileWebAcl(stack),
    authorizers: new Map([
      ["NONE", openToAll],
      ["COGNITO_USER_POOLS", cognitoUserPools((poolId) => keys.get(poolId) ?? [], clock)],
      ["CUSTOM", lambdaAuthorizers(invoke, clock)],
      ["AWS_IAM", awsIam(identities, clock)],
    ]),
    meter: {
      admit: (call) => {
        running.metered.push(call);
        return running.apiKeys.has(call.apiKey ?? "") ? running.admission : { outcome: "invalidKey" };
      },
    },
    stageMeter: { admit: () => ({ outcome: running.stageAdmits ? "admitted" : "throttled" }) },
    onError: (error) => running.errors.push(error),
  });
  const listener = await listen({ handle: (request) => edge.handle({ ...request, ...running.from }) }, 0);
  return Object.assign(running, {
    identities,
    restApiId: api.restApiId,
    origin: listener.endpoint,
    url: `${listener.endpoint}/dev`,
    close: () => listener.close(),
  });
}

/** Headers that get a call through authorizer and usage plan. */
export function credentials(changes: Record<string, unknown> = {}): Record<string, string> {
  return { authorization: accessToken(changes), "x-api-key": GOOD_KEY };
}

/** What a client sees of a refusal. */
export async function seen(
  response: Response,
): Promise<{ status: number; body: unknown; errorType: unknown }> {
  return {
    status: response.status,
    body: await response.json(),
    errorType: response.headers.get("x-amzn-errortype"),
  };
}
