import middy from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { Person } from "../domain/access/person.ts";
import type { Validator } from "../generated/validator.d.ts";
import { answerProblems } from "./answer-problems.ts";
import { normalizeHeaders } from "./normalize-headers.ts";
import { bodyOf, parseBody } from "./parse-body.ts";
import type { PersonContext } from "./person-gate.ts";
import { requireGroup, verifyPerson } from "./verify-person.ts";

/** What an endpoint for people gets: everything in it has passed the gate. */
interface PersonRequest<Body> {
  readonly person: Person;
  readonly body: Body;
  /** The event as API Gateway sent it, for headers and path parameters. */
  readonly event: APIGatewayProxyEvent;
}

export interface PersonEndpoint<Body> {
  /** Membership of any of them is required, whatever the gateway's policies say. */
  readonly groups: readonly string[];
  /** Validator of the JSON body; without one the route takes no body. */
  readonly body?: Validator<Body>;
  readonly handle: (request: PersonRequest<Body>) => Promise<APIGatewayProxyResult>;
}

/** What a route demands, readable on its handler, so that a test compares it with the template. */
interface PersonContract {
  readonly groups: readonly string[];
  readonly body: Validator<unknown> | undefined;
}

/** An endpoint for the provider's people: verify → group → body → handle → answer or problem. */
export function personEndpoint<Body = undefined>({ groups, body, handle }: PersonEndpoint<Body>) {
  async function answer(event: APIGatewayProxyEvent, context: PersonContext): Promise<APIGatewayProxyResult> {
    return handle({ person: context.person, body: body ? bodyOf(event, body) : absent<Body>(), event });
  }

  const gate = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, PersonContext>({
    timeoutEarlyInMillis: 0,
  })
    .use(answerProblems())
    .use(normalizeHeaders())
    .use(verifyPerson())
    .use(requireGroup(groups));
  for (const step of body ? parseBody(body) : []) gate.use(step);

  const opened = gate.handler(answer);
  // The steps put into the context what its type promises before anything reads it.
  const handler = (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> =>
    opened(event, context as PersonContext);
  const contract: PersonContract = { groups, body };
  return Object.assign(handler, { contract });
}

/** The type parameter is `undefined` when there is no validator to infer another from. */
function absent<T>(): T {
  return undefined as T;
}
