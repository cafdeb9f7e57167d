import httpJsonBodyParser from "@middy/http-json-body-parser";
import validator from "@middy/validator";
import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import type { Validator } from "../generated/validator.d.ts";
import type { Step } from "./gate.ts";
import { describeFindings, InvalidRequest } from "./invalid-request.ts";

/** Every body here is a small object; the gateway lets 10 MB through (API Gateway quotas). */
const LARGEST_BODY = 64 * 1024;

/** Parses and validates the JSON body; afterwards {@link bodyOf} gives it with its type. */
export function parseBody<Body, C extends Context>(validate: Validator<Body>): Step<C>[] {
  const eventSchema = Object.assign(
    (event: APIGatewayProxyEvent) => {
      const valid = validate(event.body);
      eventSchema.errors = validate.errors;
      return valid;
    },
    { errors: validate.errors },
  );
  return [
    refuseLargeBody(),
    explained(httpJsonBodyParser()),
    // Its types ask for an Ajv instance where its code takes, and documents, a compiled validator.
    explained(validator({ eventSchema: eventSchema as never })),
  ];
}

/** The body that {@link parseBody} has let through. */
export function bodyOf<Body>(event: APIGatewayProxyEvent, _validated: Validator<Body>): Body {
  const parsed: unknown = event.body;
  return parsed as Body;
}

function refuseLargeBody<C extends Context>(): Step<C> {
  return {
    before: function refuseLargeBodyBefore({ event }) {
      if (event.body && Buffer.byteLength(event.body) > LARGEST_BODY)
        throw new InvalidRequest("request-too-large", `The body may have ${LARGEST_BODY} bytes.`);
    },
  };
}

/** The library's step with its refusals in our words. */
function explained<C extends Context>({ before }: { before?: (request: never) => unknown }): Step<C> {
  return {
    before: function parseBodyBefore(request) {
      try {
        before?.(request as never);
      } catch (error) {
        throw explain(error);
      }
    },
  };
}

function explain(error: unknown): unknown {
  if (!(error instanceof Error && "statusCode" in error)) return error;
  switch (error.statusCode) {
    case 415:
      return new InvalidRequest("unsupported-media-type", "The body must be application/json.");
    case 422:
      return new InvalidRequest("invalid-body", "The body is not JSON.");
    default:
      return new InvalidRequest("invalid-body", "The body does not match its schema.", findingsOf(error));
  }
}

function findingsOf({ cause }: Error) {
  const data = typeof cause === "object" && cause !== null && "data" in cause ? cause.data : undefined;
  return Array.isArray(data) ? describeFindings(data) : [];
}
