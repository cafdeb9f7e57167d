import type { ParsedExpression, ParsedRequest } from "./dynalite.ts";
import type { Item } from "./item.ts";

/**
 * The top-level attributes that a request names: `dynamodb:Attributes`.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export function attributesOf(request: ParsedRequest): readonly string[] {
  const named = [
    ...namesIn(request.Key, request.Item, request.KeyConditions, request.AttributeUpdates),
    ...namesIn(request.Expected, request.QueryFilter, request.ScanFilter),
    ...(request.AttributesToGet ?? []),
    ...inExpression(request._projection),
    ...inExpression(request._condition),
    ...inExpression(request._filter),
    ...inExpression(request._updates),
  ];
  return [...new Set(named)];
}

/** `dynamodb:Select`: as asked for, or what DynamoDB takes when nothing is. */
export function selectOf(request: ParsedRequest): string {
  if (request.Select !== undefined) return request.Select;
  if (request._projection || request.AttributesToGet) return "SPECIFIC_ATTRIBUTES";
  return request.IndexName === undefined ? "ALL_ATTRIBUTES" : "ALL_PROJECTED_ATTRIBUTES";
}

function namesIn(...records: readonly (Item | Readonly<Record<string, unknown>> | undefined)[]): string[] {
  return records.flatMap((record) => Object.keys(record ?? {}));
}

function inExpression(expression: ParsedExpression | undefined): string[] {
  if (!expression) return [];
  const inPaths = (expression.paths ?? []).map((path) => (Array.isArray(path) ? path[0] : path));
  return [...inPaths.map(String), ...Object.keys(expression.pathHeads ?? {})];
}
