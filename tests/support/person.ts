import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
} from "@aws-sdk/client-cognito-identity-provider";
import type { Demo, DemoOperator } from "./running-stack.ts";

type Place = Pick<Demo, "awsEndpoint" | "region" | "operatorClientId">;
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
  const { AuthenticationResult: result } = await initiateAuth(place, credentials);
  if (!result?.AccessToken || !result.IdToken || !result.RefreshToken)
    throw new Error(`${credentials.username} got no tokens`);
  return { accessToken: result.AccessToken, idToken: result.IdToken, refreshToken: result.RefreshToken };
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}
