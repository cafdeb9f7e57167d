import middy from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { LARGEST_HOOK } from "../domain/hooks/hook-content.ts";
import type { AddressedMessage } from "../domain/hooks/receive-hook.ts";
import { answerProblems } from "./answer-problems.ts";
import { HookRefused } from "./hook-refused.ts";
import { InvalidRequest } from "./invalid-request.ts";
import { accepted } from "./responses.ts";

/** An endpoint for third parties, whose signatures are all that lets them in. */
interface HookEndpoint {
  /** Written down, so that nobody leaves a scope out and opens a route. */
  readonly scope: "public";
  /** Whether the message was taken. */
  readonly receive: (message: AddressedMessage) => Promise<boolean>;
}

/** As `EndpointContract` of the tenant API: no token, no key, no model, since the bytes are what is signed. */
export interface HookContract {
  readonly scopes: "public";
  readonly body: undefined;
  readonly httpApi: false;
}

/**
 * Size → receive → 202, or the one refusal. A message that comes again is answered as the first was: third parties
 * send again what they had no answer to, and take an error for a reason to go on; and who replays a captured one does
 * not learn whether it was received.
 */
export function hookEndpoint({ scope, receive }: HookEndpoint) {
  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, Context>({
    timeoutEarlyInMillis: 0,
  })
    .use(answerProblems<Context>(() => ({})))
    .handler(async (event) => {
      const message = messageOf(event);
      if (message.body.length > LARGEST_HOOK)
        throw new InvalidRequest("request-too-large", `The body may have ${LARGEST_HOOK} bytes.`);
      if (!(await receive(message))) throw new HookRefused();
      return accepted({ status: "accepted" });
    });
  const contract: HookContract = { scopes: scope, body: undefined, httpApi: false };
  return Object.assign(handler, { contract });
}

function messageOf({
  pathParameters,
  headers,
  multiValueHeaders,
  body,
  isBase64Encoded,
}: APIGatewayProxyEvent): AddressedMessage {
  return {
    source: pathParameters?.source ?? "",
    handle: pathParameters?.tenantHandle ?? "",
    headers: allValues(headers, multiValueHeaders),
    // API Gateway hands on as base64 what is of a binary media type, and as text whatever else.
    body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
  };
}

/** `headers` has the last of several values; which of them was meant is not for us to choose. */
function allValues(
  headers: APIGatewayProxyEvent["headers"] | null,
  multiValueHeaders: APIGatewayProxyEvent["multiValueHeaders"] | null,
): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, readonly string[]>();
  const all =
    multiValueHeaders ??
    Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, [value]]));
  for (const [name, given = []] of Object.entries(all)) {
    const key = name.toLowerCase();
    values.set(key, [...(values.get(key) ?? []), ...given.filter((value) => value !== undefined)]);
  }
  return values;
}
