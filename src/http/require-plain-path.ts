import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { Refusal } from "../domain/refusal.ts";
import type { Step } from "./gate.ts";

/** What a custom domain may put before a path: segments of what a base path is written with, none of dots alone. */
const BASE_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w$.+!*'(),-]+)*$/;

/**
 * Requires a path that is written as policies write it: the resource with its parameters filled in, nothing
 * percent-encoded. API Gateway finds the route by the decoded path, and does not say which spelling it holds against
 * the policies; were it the one that was sent, `/admin/%61udit` would pass an explicit Deny of `/admin/audit`.
 * @param detail of the 404; without one it is that of a route which is not there.
 */
export function requirePlainPath<C extends Context>(detail = ""): Step<C> {
  return {
    before: function requirePlainPathBefore({ event }) {
      const plain = plainPathOf(event);
      if (!sentPaths(event).every((sent) => isPlain(sent, plain))) throw new Refusal("not-found", detail);
    },
  };
}

function plainPathOf({ resource, pathParameters }: APIGatewayProxyEvent): string {
  return resource.replace(/\{(\w+)\}/g, (_all, name: string) => pathParameters?.[name] ?? "");
}

/** Either may have been decoded on the way; the latter begins with the stage. */
function sentPaths({ path, requestContext }: APIGatewayProxyEvent): string[] {
  return [path, requestContext?.path].filter((sent) => sent !== undefined);
}

function isPlain(sent: string, plain: string): boolean {
  return sent.endsWith(plain) && BASE_PATH.test(sent.slice(0, -plain.length));
}
