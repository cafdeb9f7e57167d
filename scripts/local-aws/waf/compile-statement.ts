import { BlockList, isIP } from "node:net";
import type { HttpRequest } from "../edge/http-message.ts";
import { objectOf, optionalText, textOf } from "../edge/template-reader.ts";
import { Rate } from "./rate.ts";
import { componentOf, transformationOf } from "./request-component.ts";
import type { Matcher } from "./web-acl.ts";

/** What a statement may refer to. */
export interface WebAclContext {
  /** Addresses and ranges by the ARN of their IP set. */
  readonly ipSets: ReadonlyMap<string, readonly string[]>;
  /** How many bytes of a body WAF is given to see. */
  readonly inspectedBody: number;
}

type Settings = Readonly<Record<string, unknown>>;
type Compile = (settings: Settings, context: WebAclContext) => Matcher;

/**
 * Statements by their kind. What only AWS knows (its managed groups, where an address lives) is not here.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html
 */
const STATEMENTS: Readonly<Record<string, Compile>> = {
  AndStatement: ({ Statements }, context) => {
    const all = compileAll(Statements, context);
    return (request, now) => all.every((matches) => matches(request, now));
  },
  OrStatement: ({ Statements }, context) => {
    const any = compileAll(Statements, context);
    return (request, now) => any.some((matches) => matches(request, now));
  },
  NotStatement: ({ Statement }, context) => {
    const matches = compileStatement(Statement, context);
    return (request, now) => !matches(request, now);
  },
  ByteMatchStatement: byteMatch,
  RegexMatchStatement: ({ RegexString, ...component }, context) => {
    const pattern = new RegExp(textOf(RegexString, "RegexString"));
    return inspect(component, context, (bytes) => pattern.test(bytes.toString("latin1")));
  },
  SizeConstraintStatement: sizeConstraint,
  IPSetReferenceStatement: ipSetReference,
  RateBasedStatement: rateBased,
};

const NOT_IMITATED: ReadonlySet<string> = new Set(["ManagedRuleGroupStatement", "GeoMatchStatement"]);

/** Whether a statement's truth is known to AWS alone. */
export function isNotImitated(statement: unknown): boolean {
  return NOT_IMITATED.has(kindOf(statement));
}

/** e.g. `RateBasedStatement` */
export function kindOf(statement: unknown): string {
  return Object.keys(objectOf(statement, "Statement"))[0] ?? "";
}

/** Throws for a statement that the local WAF does not know, and so would not enforce. */
export function compileStatement(statement: unknown, context: WebAclContext): Matcher {
  const kind = kindOf(statement);
  const compile = STATEMENTS[kind];
  if (!compile) throw new Error(`the local WAF does not know ${kind || "an empty statement"}`);
  return compile(objectOf(objectOf(statement, "Statement")[kind], kind), context);
}

function compileAll(statements: unknown, context: WebAclContext): Matcher[] {
  if (!Array.isArray(statements)) throw new Error("Statements should be a list in the template");
  return statements.map((statement) => compileStatement(statement, context));
}

function byteMatch({ SearchString, PositionalConstraint, ...component }: Settings, context: WebAclContext) {
  const wanted = textOf(SearchString, "SearchString");
  const constraint = textOf(PositionalConstraint, "PositionalConstraint");
  const test = {
    CONTAINS: (text: string) => text.includes(wanted),
    EXACTLY: (text: string) => text === wanted,
    STARTS_WITH: (text: string) => text.startsWith(wanted),
    ENDS_WITH: (text: string) => text.endsWith(wanted),
  }[constraint];
  if (!test) throw new Error(`the local WAF does not know the positional constraint ${constraint}`);
  return inspect(component, context, (bytes) => test(bytes.toString("utf8")));
}

function sizeConstraint({ ComparisonOperator, Size, ...component }: Settings, context: WebAclContext) {
  const limit = Number(Size);
  const operator = textOf(ComparisonOperator, "ComparisonOperator");
  const test = {
    EQ: (size: number) => size === limit,
    NE: (size: number) => size !== limit,
    LE: (size: number) => size <= limit,
    LT: (size: number) => size < limit,
    GE: (size: number) => size >= limit,
    GT: (size: number) => size > limit,
  }[operator];
  if (!test) throw new Error(`the local WAF does not know the comparison ${operator}`);
  return inspect(component, context, (bytes) => test(bytes.length));
}

/** A statement about one component. A request without the component does not match. */
function inspect(
  { FieldToMatch, TextTransformations }: Settings,
  { inspectedBody }: WebAclContext,
  test: (bytes: Buffer) => boolean,
): Matcher {
  const read = componentOf(FieldToMatch, inspectedBody);
  const transform = transformationOf(TextTransformations);
  return (request) => {
    const component = read(request);
    if (!component) return false;
    if (component.oversize !== undefined) return component.oversize;
    const text = component.bytes.toString("latin1");
    const transformed = transform(text);
    return test(transformed === text ? component.bytes : Buffer.from(transformed, "latin1"));
  };
}

function ipSetReference(settings: Settings, { ipSets }: WebAclContext): Matcher {
  if (settings.IPSetForwardedIPConfig !== undefined)
    throw new Error("the local WAF does not know IPSetForwardedIPConfig");
  const arn = textOf(settings.Arn, "IPSetReferenceStatement.Arn");
  const addresses = ipSets.get(arn);
  if (!addresses) throw new Error(`the template has no IP set ${arn}`);
  const list = new BlockList();
  for (const range of addresses) {
    const [network = "", bits] = range.split("/");
    list.addSubnet(network, Number(bits), familyOf(network));
  }
  return ({ sourceIp }) => list.check(sourceIp, familyOf(sourceIp));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/**
 * A request is over the limit when that many were counted before it. A request that lacks a custom key, or does
 * not match the scope-down statement, is not counted:
 * https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatementCustomKey.html
 */
function rateBased(settings: Settings, context: WebAclContext): Matcher {
  const limit = Number(settings.Limit);
  const rate = new Rate(Number(settings.EvaluationWindowSec ?? 300));
  const keyOf = aggregation(settings);
  const concerns =
    settings.ScopeDownStatement === undefined
      ? () => true
      : compileStatement(settings.ScopeDownStatement, context);
  return (request, now) => {
    if (!concerns(request, now)) return false;
    const key = keyOf(request);
    return key !== undefined && rate.count(key, now) >= limit;
  };
}

function aggregation({
  AggregateKeyType,
  CustomKeys,
}: Settings): (request: HttpRequest) => string | undefined {
  switch (optionalText(AggregateKeyType, "AggregateKeyType")) {
    case "IP":
      return ({ sourceIp }) => sourceIp;
    case "CUSTOM_KEYS":
      return customKey(CustomKeys);
    default:
      throw new Error(`the local WAF does not know the aggregation ${String(AggregateKeyType)}`);
  }
}

function customKey(keys: unknown): (request: HttpRequest) => string | undefined {
  const headers = (Array.isArray(keys) ? keys : []).map((key) => {
    const { Header, ...others } = objectOf(key, "CustomKeys");
    const [unknown] = Object.keys(others);
    if (unknown) throw new Error(`the local WAF does not know the custom key ${unknown}`);
    const { Name, TextTransformations } = objectOf(Header, "Header");
    return { name: textOf(Name, "Header.Name"), transform: transformationOf(TextTransformations) };
  });
  return (request) => {
    const values = headers.map(({ name }) => request.headers.get(name));
    if (values.some((value) => value === undefined)) return undefined;
    return JSON.stringify(headers.map(({ transform }, index) => transform(values[index] ?? "")));
  };
}
