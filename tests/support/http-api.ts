import { demo, demoTenant } from "./demo-stack.ts";
import { type Answer, type CallOptions, call, Machine } from "./machine.ts";

/** A call by the HTTP API with a token and no key; a header of `undefined` is left out. */
export function callHttpApi(
  token: string | undefined,
  path: string,
  { headers }: Pick<CallOptions, "headers"> = {},
): Promise<Answer> {
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  return call(`${demo().httpApiUrl}${path}`, "GET", {
    headers: { Authorization: authorization, ...headers },
  });
}

/** A machine of a demo tenant: the demo lets it call by the HTTP API. */
export function httpApiReader(slug: "skyways" | "aeroline" | "puddlejump"): Promise<Machine> {
  return Machine.signIn(demo(), demoTenant(slug));
}
