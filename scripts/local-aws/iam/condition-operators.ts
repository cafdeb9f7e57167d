import { BlockList, isIP } from "node:net";
import { arnConditionPattern } from "./arn.ts";
import { matchesGlob } from "./glob.ts";
import { type PolicyText, textToGlob, textToString } from "./policy-text.ts";
import type { ContextReader } from "./request-context.ts";

/** Whether one value of the request fits one value of the policy. */
export type ValueTest = (requested: string, context: ContextReader) => boolean;

/** A comparison without its qualifiers: what one policy value accepts, and whether the operator asks for the opposite. */
export interface Operator {
  readonly negated: boolean;
  test(policyValue: PolicyText, source: string): ValueTest;
}

/**
 * The condition operators by lower-case name.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    StringEquals: positive(equalStrings),
    StringNotEquals: negative(equalStrings),
    StringEqualsIgnoreCase: positive(equalIgnoringCase),
    StringNotEqualsIgnoreCase: negative(equalIgnoringCase),
    StringLike: positive(alikeStrings),
    StringNotLike: negative(alikeStrings),
    ArnEquals: positive(arnConditionPattern),
    ArnLike: positive(arnConditionPattern),
    ArnNotEquals: negative(arnConditionPattern),
    ArnNotLike: negative(arnConditionPattern),
    NumericEquals: positive(numeric((asked, policy) => asked === policy)),
    NumericNotEquals: negative(numeric((asked, policy) => asked === policy)),
    NumericLessThan: positive(numeric((asked, policy) => asked < policy)),
    NumericLessThanEquals: positive(numeric((asked, policy) => asked <= policy)),
    NumericGreaterThan: positive(numeric((asked, policy) => asked > policy)),
    NumericGreaterThanEquals: positive(numeric((asked, policy) => asked >= policy)),
    DateEquals: positive(date((asked, policy) => asked === policy)),
    DateNotEquals: negative(date((asked, policy) => asked === policy)),
    DateLessThan: positive(date((asked, policy) => asked < policy)),
    DateLessThanEquals: positive(date((asked, policy) => asked <= policy)),
    DateGreaterThan: positive(date((asked, policy) => asked > policy)),
    DateGreaterThanEquals: positive(date((asked, policy) => asked >= policy)),
    Bool: positive((_text, source) => (asked) => asked.toLowerCase() === source.toLowerCase()),
    BinaryEquals: positive((_text, source) => (asked) => asked === source),
    IpAddress: positive(addressIn),
    NotIpAddress: negative(addressIn),
  }).map(([name, operator]) => [name.toLowerCase(), operator]),
);

type MakeTest = Operator["test"];

function positive(test: MakeTest): Operator {
  return { negated: false, test };
}

function negative(test: MakeTest): Operator {
  return { negated: true, test };
}

function equalStrings(text: PolicyText): ValueTest {
  return (asked, context) => textToString(text, context) === asked;
}

function equalIgnoringCase(text: PolicyText): ValueTest {
  return (asked, context) => textToString(text, context)?.toLowerCase() === asked.toLowerCase();
}

function alikeStrings(text: PolicyText): ValueTest {
  return (asked, context) => {
    const glob = textToGlob(text, context);
    return glob !== undefined && matchesGlob(glob, asked);
  };
}

function numeric(compare: (asked: number, policy: number) => boolean): MakeTest {
  return (_text, source) => {
    const policy = Number(source);
    if (source.trim() === "" || Number.isNaN(policy))
      throw new Error(`a numeric condition has the value ${source}`);
    return (asked) => asked.trim() !== "" && compare(Number(asked), policy);
  };
}

function date(compare: (asked: number, policy: number) => boolean): MakeTest {
  return (_text, source) => {
    const policy = instantOf(source);
    if (Number.isNaN(policy)) throw new Error(`a date condition has the value ${source}`);
    return (asked) => compare(instantOf(asked), policy);
  };
}

/** Epoch milliseconds of an ISO 8601 date or of epoch seconds; NaN for neither. */
function instantOf(value: string): number {
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}

/** @param source an IPv4 or IPv6 address, or a CIDR range of them */
function addressIn(_text: PolicyText, source: string): ValueTest {
  const [network = "", prefix] = source.split("/");
  const version = isIP(network);
  if (version === 0) throw new Error(`an IP address condition has the value ${source}`);
  const range = new BlockList();
  const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
  range.addSubnet(network, bits, version === 4 ? "ipv4" : "ipv6");
  return (asked) => {
    const family = isIP(asked);
    return family !== 0 && range.check(asked, family === 4 ? "ipv4" : "ipv6");
  };
}
