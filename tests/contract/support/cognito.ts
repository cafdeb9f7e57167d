import { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { Cognito } from "../../../scripts/local-aws/cognito/cognito.ts";
import type { Authorize } from "../../../scripts/local-aws/kernel/authorize.ts";
import type { InvocationResult } from "../../../scripts/local-aws/kernel/invoke.ts";
import { serve } from "../../../scripts/local-aws/kernel/server.ts";
import { LOCAL_ACCOUNT_ID, Stack, type Template } from "../../../scripts/local-aws/kernel/stack.ts";
import { Store } from "../../../scripts/local-aws/kernel/store.ts";

const REGION = "eu-central-1";

/** A pool for machines and people as a stage would have it. */
export const airlineTemplate: Template = {
  Resources: {
    UserPool: {
      Type: "AWS::Cognito::UserPool",
      Properties: {
        UserPoolName: "airline",
        LambdaConfig: {
          PreTokenGenerationConfig: {
            LambdaArn: { "Fn::GetAtt": ["PreToken", "Arn"] },
            LambdaVersion: "V3_0",
          },
        },
      },
    },
    PreToken: { Type: "AWS::Lambda::Function", Properties: { FunctionName: "pre-token" } },
    PreTokenPermission: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        Action: "lambda:InvokeFunction",
        FunctionName: { "Fn::GetAtt": ["PreToken", "Arn"] },
        Principal: "cognito-idp.amazonaws.com",
        SourceArn: { "Fn::GetAtt": ["UserPool", "Arn"] },
      },
    },
    Domain: {
      Type: "AWS::Cognito::UserPoolDomain",
      Properties: { Domain: "airline-test", UserPoolId: { Ref: "UserPool" } },
    },
    Airline: {
      Type: "AWS::Cognito::UserPoolResourceServer",
      Properties: {
        Identifier: "airline",
        Name: "Airline",
        UserPoolId: { Ref: "UserPool" },
        Scopes: [
          { ScopeName: "flights.read", ScopeDescription: "Read flights" },
          { ScopeName: "flights.write", ScopeDescription: "Write flights" },
          { ScopeName: "loyalty.read", ScopeDescription: "Read loyalty points" },
        ],
      },
    },
    Console: {
      Type: "AWS::Cognito::UserPoolClient",
      Properties: {
        ClientName: "console",
        UserPoolId: { Ref: "UserPool" },
        ExplicitAuthFlows: [
          "ALLOW_USER_PASSWORD_AUTH",
          "ALLOW_ADMIN_USER_PASSWORD_AUTH",
          "ALLOW_REFRESH_TOKEN_AUTH",
        ],
        PreventUserExistenceErrors: "ENABLED",
      },
    },
    Admins: {
      Type: "AWS::Cognito::UserPoolGroup",
      Properties: { GroupName: "admin", UserPoolId: { Ref: "UserPool" }, Precedence: 1 },
    },
  },
};

/** Time that only moves when a test moves it. */
export class FakeClock {
  #now = Date.now();
  now(): number {
    return this.#now;
  }
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

export interface CognitoUnderTest {
  readonly endpoint: string;
  readonly clock: FakeClock;
  readonly cognito: Cognito;
  readonly sdk: CognitoIdentityProviderClient;
  readonly poolId: string;
  readonly consoleClientId: string;
  /** Every event the trigger was called with. */
  readonly events: TriggerEvent[];
  /** What the trigger answers from now on. */
  trigger(handler: TriggerHandler): void;
  close(): Promise<void>;
}

interface TriggerEvent {
  version: string;
  triggerSource: string;
  userName: string;
  userPoolId: string;
  callerContext: { clientId: string };
  request: Record<string, unknown>;
  response: Record<string, unknown>;
}
export type TriggerHandler = (event: TriggerEvent) => InvocationResult | Promise<InvocationResult>;

/** The trigger leaves everything as it is. */
export const unchanged: TriggerHandler = (event) => ({ payload: event });

export async function startCognito(
  options: {
    template?: Template;
    stateFile?: string;
    authorize?: Authorize;
    clock?: FakeClock;
    triggerTimeout?: number;
  } = {},
): Promise<CognitoUnderTest> {
  const clock = options.clock ?? new FakeClock();
  const store = Store.open(options.stateFile ?? ":memory:");
  const stack = new Stack(options.template ?? airlineTemplate, { region: REGION, name: "airline-dev" });
  const events: TriggerEvent[] = [];
  let handler = unchanged;
  const cognito = new Cognito({
    store,
    stack,
    clock,
    authorize: options.authorize ?? (() => undefined),
    invoke: async (_arn, payload) => {
      const event = JSON.parse(JSON.stringify(payload)) as TriggerEvent;
      events.push(event);
      return handler(event);
    },
    ...(options.triggerTimeout !== undefined && { triggerTimeout: options.triggerTimeout }),
  });
  await cognito.deploy();
  const server = await serve([cognito], {
    port: 0,
    identify: () => ({
      kind: "account",
      accountId: LOCAL_ACCOUNT_ID,
      arn: `arn:aws:iam::${LOCAL_ACCOUNT_ID}:root`,
    }),
  });
  const sdk = new CognitoIdentityProviderClient({
    region: REGION,
    endpoint: server.endpoint,
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" },
    maxAttempts: 1,
  });
  return {
    endpoint: server.endpoint,
    clock,
    cognito,
    sdk,
    events,
    poolId: stack.ref("UserPool"),
    consoleClientId: "Console" in stack.template.Resources ? stack.ref("Console") : "",
    trigger: (next) => {
      handler = next;
    },
    close: async () => {
      sdk.destroy();
      await server.close();
      store.close();
    },
  };
}

/** Verifies as a resource server would, with the JWKS fetched over HTTP. Throws when the token does not hold. */
export async function verifyToken(
  aws: CognitoUnderTest,
  token: string,
  tokenUse: "access" | "id" = "access",
  poolId = aws.poolId,
) {
  const fetcher = {
    fetch: async (uri: string) => {
      const response = await fetch(`${aws.endpoint}${new URL(uri).pathname}`);
      return response.arrayBuffer();
    },
  };
  const verifier = CognitoJwtVerifier.create(
    { userPoolId: poolId, tokenUse, clientId: null },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  return verifier.verify(token);
}

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Posts a form to the token endpoint. */
export async function requestToken(
  aws: CognitoUnderTest,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TokenAnswer> {
  const response = await fetch(`${aws.endpoint}/oauth2/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(form).toString(),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}

export const basic = (clientId: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`,
});

/** The claims of a token, unverified. */
export const claimsOf = (token: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString("utf8"));
