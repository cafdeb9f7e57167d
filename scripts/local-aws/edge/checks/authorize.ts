import type { Authorizer, AuthorizerRegistry } from "../authorizers/authorizer.ts";
import { Refusal } from "../refusal.ts";
import type { Route } from "../rest-api.ts";
import type { Check } from "./check.ts";

/** Runs the method's authorizer. Throws at once for a method whose type of authorization nobody checks. */
export function authorize(routes: readonly Route[], registry: AuthorizerRegistry): Check {
  const authorizers = new Map<Route, Authorizer>(
    routes.map((route) => {
      const factory = registry.get(route.authorization.type);
      if (!factory)
        throw new Error(
          `the local edge cannot check ${route.authorization.type} (${route.httpMethod} ${route.resourcePath})`,
        );
      return [route, factory(route.authorization)];
    }),
  );
  return async (call, route) => {
    const authorizer = authorizers.get(route);
    if (!authorizer) throw new Refusal("AUTHORIZER_CONFIGURATION_ERROR");
    call.authorizer = await authorizer(call);
  };
}
