import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import type { DemoFile, DemoOperator } from "../../scripts/demo/demo-file.ts";
import { demo } from "./demo-stack.ts";
import { type Answer, type CallOptions, call } from "./machine.ts";

type Place = Pick<DemoFile, "awsEndpoint" | "region" | "operatorClientId">;
type Credentials = Pick<DemoOperator, "username" | "password">;

export interface PersonTokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken: string;
}

/** A client as a person has it: no AWS credentials at all. */
export function cognitoOf({ awsEndpoint, region }: Place): CognitoIdentityProviderClient {
  return new CognitoIdentityProviderClient({
    endpoint: awsEndpoint,
    region,
    credentials: { accessKeyId: "nobody", secretAccessKey: "nobody" },
    maxAttempts: 1,
  });
}

/** InitiateAuth with USER_PASSWORD_AUTH: tokens or a challenge. */
export function initiateAuth(
  place: Place,
  { username, password }: Credentials,
): Promise<InitiateAuthCommandOutput> {
  return cognitoOf(place).send(
    new InitiateAuthCommand({
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: place.operatorClientId,
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  );
}

/** The tokens of a person who has a password of their own. */
export async function signInPerson(place: Place, credentials: Credentials): Promise<PersonTokens> {
  return tokensOf(await initiateAuth(place, credentials));
}

/** The tokens of a person with a temporary password, who chooses `newPassword` instead. */
export async function firstSignIn(
  place: Place,
  { username, password }: Credentials,
  newPassword = "Chosen-by-myself-1",
): Promise<PersonTokens> {
  const { ChallengeName, Session } = await initiateAuth(place, { username, password });
  return tokensOf(
    await cognitoOf(place).send(
      new RespondToAuthChallengeCommand({
        ChallengeName,
        ClientId: place.operatorClientId,
        Session,
        ChallengeResponses: { USERNAME: username, NEW_PASSWORD: newPassword },
      }),
    ),
  );
}

function tokensOf({
  AuthenticationResult: result,
}: Pick<InitiateAuthCommandOutput, "AuthenticationResult">): PersonTokens {
  if (!result?.AccessToken || !result.IdToken || !result.RefreshToken)
    throw new Error("Cognito answered no tokens");
  return { accessToken: result.AccessToken, idToken: result.IdToken, refreshToken: result.RefreshToken };
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

/** One of the demo's people, signed in. */
export class Operator {
  readonly tokens: PersonTokens;

  private constructor(tokens: PersonTokens) {
    this.tokens = tokens;
  }

  static async signIn(username: string): Promise<Operator> {
    const operator = demo().operators.find((candidate) => candidate.username === username);
    if (!operator) throw new Error(`the demo has no ${username}`);
    return new Operator(await signInPerson(demo(), operator));
  }

  call(method: string, path: string, options: Pick<CallOptions, "body"> = {}): Promise<Answer> {
    return callWith(this.tokens.accessToken, method, path, options);
  }
}

/** A call of the API with that token, or without any. */
export function callWith(
  token: string | undefined,
  method: string,
  path: string,
  options: Pick<CallOptions, "body"> = {},
): Promise<Answer> {
  const headers = { Authorization: token && `Bearer ${token}` };
  return call(`${demo().apiUrl}${path}`, method, { ...options, headers });
}
