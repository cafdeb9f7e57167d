import type { AuthorizerContext, Call } from "../call.ts";
import type { RouteAuthorization } from "../rest-api.ts";

/** Says who calls, or throws a `Refusal`. Undefined when a method asks for nobody. */
export type Authorizer = (
  call: Call,
) => AuthorizerContext | undefined | Promise<AuthorizerContext | undefined>;

/** Makes the authorizer of one method; called once per method, when the API is compiled. */
export type AuthorizerFactory = (authorization: RouteAuthorization) => Authorizer;

/** By `AuthorizationType`: `NONE`, `COGNITO_USER_POOLS`, `CUSTOM`, `AWS_IAM`. */
export type AuthorizerRegistry = ReadonlyMap<string, AuthorizerFactory>;

export const openToAll: AuthorizerFactory = () => () => undefined;
