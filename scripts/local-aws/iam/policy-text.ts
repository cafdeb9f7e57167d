import { type Glob, globOf, literalGlob } from "./glob.ts";
import type { ContextReader } from "./request-context.ts";

/**
 * A string of a policy with its variables set apart, so that what a variable stands for is always taken
 * literally: a tag value `*` does not become a wildcard.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export type PolicyText = readonly Part[];

type Part =
  | { readonly text: string }
  | { readonly literal: string }
  | { readonly variable: string; readonly fallback: string | undefined };

const VARIABLE = /\$\{([^}]*)\}/g;
const WITH_DEFAULT = /^\s*(?<name>[^,]+?)\s*,\s*'(?<fallback>.*)'\s*$/;
const ESCAPES = new Set(["*", "?", "$"]);

/** The elements that may hold variables do so from this version on; before it `${` stands for itself. */
const VERSION_WITH_VARIABLES = "2012-10-17";

/** Takes a string of a policy apart. */
export function parsePolicyText(text: string, version: string | undefined): PolicyText {
  if (version !== VERSION_WITH_VARIABLES) return [{ text }];
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push(variable(match[1] ?? ""));
    end = match.index + match[0].length;
  }
  if (end < text.length || parts.length === 0) parts.push({ text: text.slice(end) });
  return parts;
}

/** The text as a plain string; undefined when a variable has no value in this request. */
export function textToString(text: PolicyText, context: ContextReader): string | undefined {
  let whole = "";
  for (const part of text) {
    const value = "text" in part ? part.text : resolvePart(part, context);
    if (value === undefined) return undefined;
    whole += value;
  }
  return whole;
}

/** The text as a pattern; undefined when a variable has no value in this request. */
export function textToGlob(text: PolicyText, context: ContextReader): Glob | undefined {
  const [only] = text;
  if (only && text.length === 1 && "text" in only) return globOf(only.text);
  const glob: Glob[number][] = [];
  for (const part of text) {
    if ("text" in part) {
      glob.push(...globOf(part.text));
      continue;
    }
    const value = resolvePart(part, context);
    if (value === undefined) return undefined;
    glob.push(...literalGlob(value));
  }
  return glob;
}

/** Cuts a text at the first `pieces - 1` separators that the policy itself wrote; those inside a variable's value do not count. */
export function splitPolicyText(text: PolicyText, separator: string, pieces: number): PolicyText[] {
  const result: Part[][] = [[]];
  for (const part of text) {
    if (!("text" in part)) {
      result.at(-1)?.push(part);
      continue;
    }
    const [first = "", ...others] = splitAtMost(part.text, separator, pieces - result.length + 1);
    if (first) result.at(-1)?.push({ text: first });
    for (const other of others) result.push(other ? [{ text: other }] : []);
  }
  return result;
}

/** Splits into at most `pieces`; the last keeps what is left, separators and all. */
export function splitAtMost(text: string, separator: string, pieces: number): string[] {
  const all = text.split(separator);
  if (all.length <= pieces) return all;
  return [...all.slice(0, pieces - 1), all.slice(pieces - 1).join(separator)];
}

function variable(inside: string): Part {
  if (ESCAPES.has(inside)) return { literal: inside };
  const withDefault = WITH_DEFAULT.exec(inside)?.groups;
  return { variable: (withDefault?.name ?? inside).trim(), fallback: withDefault?.fallback };
}

function resolvePart(part: Exclude<Part, { text: string }>, context: ContextReader): string | undefined {
  return "literal" in part ? part.literal : (context.single(part.variable) ?? part.fallback);
}
