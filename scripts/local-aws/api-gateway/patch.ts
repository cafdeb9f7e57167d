import { type Body, listAt, textAt } from "./body.ts";
import { badRequest, invalidPatchPath } from "./errors.ts";

export type PatchOp = "add" | "remove" | "replace";

/** https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html */
export interface PatchOperation {
  readonly op: PatchOp;
  readonly path: string;
  readonly value: string | undefined;
}

/** One path that a resource lets be patched, and what the patch makes of the resource. */
export interface PatchRule<T> {
  readonly ops: readonly PatchOp[];
  /** As AWS's error names it, e.g. `/quota/limit`. */
  readonly name: string;
  readonly path: RegExp;
  apply(resource: T, operation: PatchOperation, groups: readonly string[]): T;
}

/** The operations of a request's `patchOperations`, in their order. */
export function patchOperations(body: Body): PatchOperation[] {
  return listAt(body, "patchOperations").map((operation) => {
    const op = textAt(operation, "op");
    if (op !== "add" && op !== "remove" && op !== "replace")
      throw badRequest("Invalid patch operation specified. Must be one of: [add, remove, replace]");
    return { op, path: textAt(operation, "path") ?? "", value: textAt(operation, "value") };
  });
}

/** The resource after all operations; an operation that no rule takes refuses them all. */
export function applyPatches<T>(
  resource: T,
  operations: readonly PatchOperation[],
  rules: readonly PatchRule<T>[],
): T {
  return operations.reduce((patched, operation) => {
    const usable = rules.filter(({ ops }) => ops.includes(operation.op));
    const rule = usable.find(({ path }) => path.test(operation.path));
    if (!rule)
      throw invalidPatchPath(
        operation.op,
        operation.path,
        usable.map(({ name }) => name),
      );
    return rule.apply(patched, operation, rule.path.exec(operation.path)?.slice(1) ?? []);
  }, resource);
}

/** The operation's value. Throws BadRequestException when it has none. */
export function requiredValue({ path, value }: PatchOperation): string {
  if (value === undefined) throw badRequest(`Invalid patch value specified for path ${path}`);
  return value;
}

/** A value that is a number of at least 0, whole unless fractions are allowed. */
export function amount(operation: PatchOperation, kind: "whole" | "fractional"): number {
  const text = requiredValue(operation);
  const valid = kind === "whole" ? /^\d+$/ : /^\d+(\.\d+)?$/;
  if (!valid.test(text))
    throw badRequest(`Invalid patch value '${text}' specified for path ${operation.path}`);
  return Number(text);
}

/** A JSON pointer's token as text: `~1` is a slash, `~0` a tilde, https://www.rfc-editor.org/rfc/rfc6901. */
export function unescapePointer(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}
