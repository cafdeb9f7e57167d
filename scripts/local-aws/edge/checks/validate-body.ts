import type { ErrorObject } from "ajv";
import { Refusal } from "../refusal.ts";
import type { Check } from "./check.ts";

const DEFAULT_CONTENT_TYPE = "application/json";

/**
 * The body adheres to the model of its content type; `$default` is the model of any other. Where no model
 * matches, the body is not validated and goes on to the function (415 is sent only by integrations whose
 * passthrough behaviour is NEVER, which a Lambda proxy does not have).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
 */
export const validateBody: Check = (call, route) => {
  if (!route.bodyModels || route.bodyModels.size === 0) return;
  const contentType = call.request.headers.get("content-type") ?? DEFAULT_CONTENT_TYPE;
  const mediaType = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const validate = route.bodyModels.get(mediaType) ?? route.bodyModels.get("$default");
  if (!validate) return;
  if (!validate(parse(call.request.body)))
    throw new Refusal("BAD_REQUEST_BODY", { validationErrors: describe(validate.errors ?? []) });
};

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refusal("BAD_REQUEST_BODY", { validationErrors: "[The request body is not valid JSON]" });
  }
}

/** `$context.error.validationErrorString`: a list in brackets; its wording is not documented. */
function describe(errors: readonly ErrorObject[]): string {
  return `[${errors.map(({ instancePath, message }) => `${instancePath || "object"} ${message}`).join(", ")}]`;
}
