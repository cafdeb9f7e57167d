import { BlockList, isIP } from "node:net";
import { invalidPattern } from "./invalid-pattern.ts";
import { compileWildcard } from "./wildcard.ts";

/** Whether the leaves that an event has at a place fit one matcher; none for a place that is not there. */
export type LeafMatcher = (leaves: readonly unknown[]) => boolean;

type ValueTest = (leaf: unknown) => boolean;
type TextTest = (text: string) => boolean;

const LARGEST_NUMBER = 5_000_000_000;

const COMPARISONS: Readonly<Record<string, (asked: number, bound: number) => boolean>> = {
  "=": (asked, bound) => asked === bound,
  "<": (asked, bound) => asked < bound,
  "<=": (asked, bound) => asked <= bound,
  ">": (asked, bound) => asked > bound,
  ">=": (asked, bound) => asked >= bound,
};

/**
 * One element of a pattern's list: a plain value or one of the comparison operators.
 * Throws InvalidEventPatternException.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function compileMatcher(field: string, matcher: unknown): LeafMatcher {
  if (typeof matcher !== "object" || matcher === null) return some((leaf) => leaf === matcher);
  const [only, another] = Object.entries(matcher);
  if (!only || another || Array.isArray(matcher))
    throw invalidPattern(`"${field}" has a matcher that is not exactly one operator`);
  const [operator, operand] = only;
  if (operator === "exists") {
    if (typeof operand !== "boolean") throw invalidPattern("exists match pattern must be true or false");
    return (leaves) => leaves.length > 0 === operand;
  }
  if (operator === "anything-but") return some(anythingBut(operand));
  if (operator === "numeric") return some(numeric(operand));
  const test = textTest(operator, operand);
  return some(ofText(test));
}

function some(test: ValueTest): LeafMatcher {
  return (leaves) => leaves.some(test);
}

function ofText(test: TextTest): ValueTest {
  return (leaf) => typeof leaf === "string" && test(leaf);
}

function textTest(operator: string, operand: unknown): TextTest {
  switch (operator) {
    case "prefix":
      return partOfText(operand, "prefix", (text, part) => text.startsWith(part));
    case "suffix":
      return partOfText(operand, "suffix", (text, part) => text.endsWith(part));
    case "equals-ignore-case": {
      const wanted = textOf(operand, operator).toLowerCase();
      return (text) => text.toLowerCase() === wanted;
    }
    case "wildcard":
      return compileWildcard(textOf(operand, operator));
    case "cidr":
      return addressIn(textOf(operand, operator));
    default:
      throw invalidPattern(`Unrecognized match type ${operator}`);
  }
}

/** `"us-"` or `{"equals-ignore-case": "us-"}`. */
function partOfText(
  operand: unknown,
  operator: string,
  holds: (text: string, part: string) => boolean,
): TextTest {
  if (typeof operand === "string") return (text) => holds(text, operand);
  const [nested, another] = Object.entries(operand ?? {});
  if (nested?.[0] !== "equals-ignore-case" || another)
    throw invalidPattern(`${operator} match pattern must be a string`);
  const part = textOf(nested[1], operator).toLowerCase();
  return (text) => holds(text.toLowerCase(), part);
}

/** A value, a list of texts or of numbers, or another operator with a text or a list of them. */
function anythingBut(operand: unknown): ValueTest {
  if (typeof operand === "object" && operand !== null && !Array.isArray(operand)) {
    const [nested, another] = Object.entries(operand);
    if (!nested || another || !NEGATABLE.has(nested[0]))
      throw invalidPattern("Value of anything-but must be an array or single string/number value");
    const [operator, values] = nested;
    const tests = [values].flat().map((value) => ofText(textTest(operator, value)));
    if (tests.length === 0) throw invalidPattern("Empty arrays are not allowed");
    return (leaf) => !tests.some((test) => test(leaf));
  }
  const values = [operand].flat();
  const [first] = values;
  const kind = typeof first;
  if ((kind !== "string" && kind !== "number") || values.some((value) => typeof value !== kind))
    throw invalidPattern("Inside anything but list, either all values are number or string");
  return (leaf) => !values.includes(leaf);
}

const NEGATABLE = new Set(["prefix", "suffix", "equals-ignore-case", "wildcard"]);

/** `["=", 1]`, or one or two bounds: `[">", 0, "<=", 5]`. */
function numeric(operand: unknown): ValueTest {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4))
    throw invalidPattern("Value of numeric must be an array of comparisons");
  const tests: ((leaf: number) => boolean)[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const compare = COMPARISONS[String(operand[at])];
    const bound: unknown = operand[at + 1];
    if (!compare) throw invalidPattern(`Unrecognized numeric range operator: ${String(operand[at])}`);
    if (typeof bound !== "number" || Math.abs(bound) > LARGEST_NUMBER)
      throw invalidPattern(`Value must be a number between -${LARGEST_NUMBER} and ${LARGEST_NUMBER}`);
    tests.push((leaf) => compare(leaf, bound));
  }
  return (leaf) => typeof leaf === "number" && tests.every((test) => test(leaf));
}

function addressIn(range: string): TextTest {
  const [network = "", bits = ""] = range.split("/");
  const version = isIP(network);
  const most = version === 4 ? 32 : 128;
  if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
    throw invalidPattern(`Malformed CIDR, one '/' required: ${range}`);
  const block = new BlockList();
  block.addSubnet(network, Number(bits), version === 4 ? "ipv4" : "ipv6");
  return (text) => {
    const family = isIP(text);
    return family === version && block.check(text, family === 4 ? "ipv4" : "ipv6");
  };
}

function textOf(operand: unknown, operator: string): string {
  if (typeof operand !== "string") throw invalidPattern(`${operator} match pattern must be a string`);
  return operand;
}
