import type { APIGatewayProxyEvent } from "aws-lambda";
import type { Validator } from "../generated/validator.d.ts";
import { describeFindings, InvalidRequest, memberPointer } from "./invalid-request.ts";

/** The query string as its schema has it: unknown parameters and repeated ones are refused. */
export function parseQuery<Query>(event: APIGatewayProxyEvent, validate: Validator<Query>): Query {
  const repeated = Object.entries(event.multiValueQueryStringParameters ?? {}).find(
    ([, values = []]) => values.length > 1,
  );
  if (repeated)
    throw new InvalidRequest("invalid-parameters", "A query parameter is given more than once.", [
      { pointer: memberPointer("", repeated[0]), detail: "is given more than once" },
    ]);
  const query: unknown = event.queryStringParameters ?? {};
  if (validate(query)) return query;
  throw new InvalidRequest(
    "invalid-parameters",
    "A query parameter is not valid.",
    describeFindings(validate.errors),
  );
}
