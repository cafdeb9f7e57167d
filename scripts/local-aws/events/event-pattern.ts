import { invalidPattern } from "./invalid-pattern.ts";
import { compileMatcher, type LeafMatcher } from "./pattern-operators.ts";

/** Whether an event fits a pattern. */
export type EventPattern = (event: unknown) => boolean;

const OR = "$or";

/**
 * Compiles an event pattern: every field must fit (and), one of a field's matchers is enough (or). Of a list in
 * the event one element is enough; fields below a list of objects must fit in the same one.
 * Throws InvalidEventPatternException.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
 *
 * @param pattern as JSON text or as the object that a template writes
 */
export function compileEventPattern(pattern: unknown): EventPattern {
  const parsed = typeof pattern === "string" ? parse(pattern) : pattern;
  if (!isObject(parsed)) throw invalidPattern("Filter is not an object");
  return compileObject(parsed);
}

function compileObject(pattern: Readonly<Record<string, unknown>>): EventPattern {
  const fields = Object.entries(pattern);
  if (fields.length === 0) throw invalidPattern("Empty objects are not allowed");
  const tests = fields.map(([name, value]) => (isOr(name, value) ? anyOf(value) : compileField(name, value)));
  return (event) =>
    Array.isArray(event)
      ? event.some((element) => tests.every((test) => test(element)))
      : tests.every((test) => test(event));
}

function compileField(name: string, value: unknown): EventPattern {
  if (Array.isArray(value)) {
    const matches = compileLeaf(name, value);
    return (event) => matches(leavesOf(field(event, name)));
  }
  if (!isObject(value)) throw invalidPattern(`"${name}" must be an object or an array`);
  const inside = compileObject(value);
  return (event) => inside(field(event, name));
}

function compileLeaf(name: string, matchers: readonly unknown[]): LeafMatcher {
  if (matchers.length === 0) throw invalidPattern("Empty arrays are not allowed");
  const tests = matchers.map((matcher) => compileMatcher(name, matcher));
  return (leaves) => tests.some((test) => test(leaves));
}

/** `$or` is a field like any other unless it lists two objects or more. */
function isOr(name: string, value: unknown): value is Readonly<Record<string, unknown>>[] {
  return name === OR && Array.isArray(value) && value.length > 1 && value.every(isObject);
}

function anyOf(alternatives: readonly Readonly<Record<string, unknown>>[]): EventPattern {
  const tests = alternatives.map(compileObject);
  return (event) => tests.some((test) => test(event));
}

/** A list's elements, lists in it opened up; nothing for an object, which is no leaf. */
function leavesOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  return value === undefined || isObject(value) ? [] : [value];
}

function field(event: unknown, name: string): unknown {
  return isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidPattern("Filter is not valid JSON");
  }
}
