import middy from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { Group } from "../domain/access/people.ts";
import type { Person } from "../domain/access/person.ts";
import type { Actor } from "../domain/audit.ts";
import type { Validator } from "../generated/validator.d.ts";
import { actorOf } from "./actor.ts";
import { answerProblems } from "./answer-problems.ts";
import { normalizeHeaders } from "./normalize-headers.ts";
import { bodyOf, parseBody } from "./parse-body.ts";
import { parseQuery } from "./parse-query.ts";
import type { PersonContext } from "./person-gate.ts";
import { requirePlainPath } from "./require-plain-path.ts";
import { requireGroup, requirePersonScope, verifyPerson } from "./verify-person.ts";

/** What an endpoint gets: everything in it has passed the gate. */
export interface PersonRequest<Body, Query> {
  readonly person: Person;
  /** The person as the audit log names them. */
  readonly actor: Actor;
  readonly body: Body;
  readonly query: Query;
  /** The event as API Gateway sent it, for path parameters. */
  readonly event: APIGatewayProxyEvent;
}

export interface PersonEndpoint<Body, Query> {
  /** Any of them will do. */
  readonly groups: readonly Group[];
  /** Asked of somebody who is in none of them. */
  readonly mayAllTheSame?: (person: Person) => Promise<boolean>;
  /** Where the path may come percent-encoded, as clients send a username: a route that no group's policy judges. */
  readonly spelling?: "any";
  /** Validator of the JSON body; without one the route takes no body. */
  readonly body?: Validator<Body>;
  /** Validator of the query string; without one it is not read. */
  readonly query?: Validator<Query>;
  readonly handle: (request: PersonRequest<Body, Query>) => Promise<APIGatewayProxyResult>;
}

/**
 * An endpoint for the provider's people: verify → scope → group → path → body → query → handle → answer or problem.
 * What a route demands is readable on its handler, so that a test compares it with the template.
 */
export function personEndpoint<Body = undefined, Query = undefined>(endpoint: PersonEndpoint<Body, Query>) {
  const { groups, mayAllTheSame, spelling, body, query, handle } = endpoint;

  async function answer(event: APIGatewayProxyEvent, context: PersonContext): Promise<APIGatewayProxyResult> {
    return handle({
      person: context.person,
      actor: actorOf(event, context),
      body: body ? bodyOf(event, body) : absent<Body>(),
      query: query ? parseQuery(event, query) : absent<Query>(),
      event,
    });
  }

  const gate = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, PersonContext>({
    timeoutEarlyInMillis: 0,
  })
    .use(answerProblems<PersonContext>(caller))
    .use(normalizeHeaders<PersonContext>())
    .use(verifyPerson())
    .use(requirePersonScope())
    .use(requireGroup(groups, mayAllTheSame));
  if (spelling !== "any") gate.use(requirePlainPath<PersonContext>());
  for (const step of body ? parseBody<Body, PersonContext>(body) : []) gate.use(step);

  const opened = gate.handler(answer);
  // The steps put into the context what its type promises before anything reads it.
  const handler = (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> =>
    opened(event, context as PersonContext);
  return Object.assign(handler, { contract: { groups, body: body as Validator<unknown> | undefined } });
}

function caller({ person }: Partial<PersonContext>) {
  return { person: person?.sub };
}

/** The type parameter is `undefined` when there is no validator to infer another from. */
function absent<T>(): T {
  return undefined as T;
}
