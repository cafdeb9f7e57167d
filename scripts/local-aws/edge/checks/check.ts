import type { Call } from "../call.ts";
import type { Route } from "../rest-api.ts";

/** One step on the way of a call: lets it pass, noting what it found in the call, or throws a `Refusal`. */
export type Check = (call: Call, route: Route) => void | Promise<void>;
