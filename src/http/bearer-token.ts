import { AccessRefusal } from "./access-refusal.ts";

/** `Bearer` is optional here because API Gateway's Cognito authorizer takes a bare token too. */
const BEARER = /^(?:Bearer +)?([\w-]+\.[\w-]*\.[\w-]*)$/i;

/** The token of an `Authorization` header. Throws {@link AccessRefusal}. */
export function bearerToken(authorization: string | undefined): string {
  if (!authorization) throw AccessRefusal.noToken();
  const token = BEARER.exec(authorization)?.[1];
  if (!token) throw AccessRefusal.invalidToken("The Authorization header holds no bearer token.");
  return token;
}
