import type { PolicyDocument } from "../../kernel/caller.ts";
import type { AuthorizerContext } from "../call.ts";

/** What a Lambda authorizer says of a caller. */
export interface AuthorizerResult {
  readonly principalId: string;
  readonly policy: PolicyDocument;
  /** Values as text, as functions find them. */
  readonly context: AuthorizerContext;
}

/** "Maximum Lambda authorizer result size": https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const LARGEST_RESULT = 8 * 1024;
const EFFECTS = new Set(["Allow", "Deny"]);

/**
 * Reads a function's answer; undefined for one that API Gateway does not take.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function readResult(payload: unknown): AuthorizerResult | undefined {
  if (Buffer.byteLength(JSON.stringify(payload) ?? "") > LARGEST_RESULT) return undefined;
  const { principalId, policyDocument, context } = fieldsOf(payload) ?? {};
  const values = readContext(context);
  if (typeof principalId !== "string" || principalId === "" || !isPolicy(policyDocument) || !values)
    return undefined;
  return { principalId, policy: policyDocument, context: values };
}

/** Strings, numbers and booleans; "you can't set a JSON object or array as a valid value". */
function readContext(context: unknown): AuthorizerContext | undefined {
  if (context === undefined || context === null) return {};
  const fields = fieldsOf(context);
  if (!fields) return undefined;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    if (typeof value === "object") return undefined;
    values[name] = String(value);
  }
  return values;
}

function isPolicy(value: unknown): value is PolicyDocument {
  const statement = fieldsOf(value)?.Statement;
  const statements = Array.isArray(statement) ? statement : [statement];
  return statements.length > 0 && statements.every(isStatement);
}

function isStatement(value: unknown): boolean {
  const { Effect, Action, Resource, NotResource } = fieldsOf(value) ?? {};
  return (
    typeof Effect === "string" &&
    EFFECTS.has(Effect) &&
    Action !== undefined &&
    (Resource !== undefined || NotResource !== undefined)
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}
