import { AwsError } from "../kernel/aws-error.ts";
import { badRequest } from "./errors.ts";
import type { Tags } from "./model.ts";

export type Body = Readonly<Record<string, unknown>>;

/** The JSON object in a request's body; an empty body is an empty object. Throws SerializationException. */
export function parseBody(bytes: Buffer): Body {
  if (bytes.length === 0) return {};
  try {
    return asObject(JSON.parse(bytes.toString("utf8")));
  } catch {
    throw malformed();
  }
}

export function objectAt(body: Body, name: string): Body | undefined {
  const value = body[name];
  return value === undefined || value === null ? undefined : asObject(value);
}

export function listAt(body: Body, name: string): Body[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value)) throw malformed();
  return value.map(asObject);
}

export function textAt(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw malformed();
  return value;
}

export function numberAt(body: Body, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") throw malformed();
  return value;
}

export function booleanAt(body: Body, name: string): boolean | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw malformed();
  return value;
}

/** Tags: keys of 1–128 characters that do not begin with `aws:`, values of at most 256. */
export function tagsAt(body: Body, name: string): Tags | undefined {
  const value = objectAt(body, name);
  if (!value) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string") throw malformed();
      if (key.length === 0 || key.length > 128 || key.startsWith("aws:"))
        throw badRequest(`Invalid tag key specified: ${key}`);
      if (text.length > 256) throw badRequest(`Invalid tag value specified for key ${key}`);
      return [key, text];
    }),
  );
}

function asObject(value: unknown): Body {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed();
  return Object.fromEntries(Object.entries(value));
}

function malformed(): AwsError {
  return new AwsError("SerializationException", "The request body could not be read", 400);
}
