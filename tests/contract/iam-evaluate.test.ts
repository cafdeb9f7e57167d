import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Decision, evaluate } from "../../scripts/local-aws/iam/evaluate.ts";
import { globOf, matchesGlob } from "../../scripts/local-aws/iam/glob.ts";
import type { RequestContext } from "../../scripts/local-aws/iam/request-context.ts";
import type { PolicyStatement } from "../../scripts/local-aws/kernel/caller.ts";

const TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/Data";

function decide(
  statements: readonly (Omit<PolicyStatement, "Effect"> & { Effect?: "Allow" | "Deny" })[],
  request: { action?: string; resource?: string; context?: RequestContext } = {},
  version: string | undefined = "2012-10-17",
): Decision {
  const policy = {
    ...(version && { Version: version }),
    Statement: statements.map((statement) => ({ Effect: "Allow" as const, Action: "*", ...statement })),
  };
  return evaluate([policy], {
    action: request.action ?? "dynamodb:GetItem",
    resource: request.resource ?? TABLE,
    context: request.context ?? {},
  });
}

const meets = (Condition: PolicyStatement["Condition"], context: RequestContext = {}) =>
  decide([{ Resource: "*", ...(Condition && { Condition }) }], { context }) === "allow";

describe("statements", () => {
  it("deny what no statement speaks of", () => {
    expect(decide([])).toBe("implicitDeny");
    expect(decide([{ Action: "dynamodb:PutItem", Resource: "*" }])).toBe("implicitDeny");
    expect(decide([{ Action: "dynamodb:GetItem", Resource: `${TABLE}2` }])).toBe("implicitDeny");
  });

  it("let an explicit Deny win over any Allow, in whichever order", () => {
    const allow = { Resource: "*" };
    const deny = { Effect: "Deny" as const, Action: "dynamodb:Get*", Resource: TABLE };
    expect(decide([allow, deny])).toBe("explicitDeny");
    expect(decide([deny, allow])).toBe("explicitDeny");
    expect(decide([allow, deny], { action: "dynamodb:PutItem" })).toBe("allow");
  });

  it("compare actions without regard to case and resources with it", () => {
    expect(decide([{ Action: "DynamoDB:getitem", Resource: TABLE }])).toBe("allow");
    expect(decide([{ Resource: TABLE.toLowerCase() }])).toBe("implicitDeny");
  });

  it("take NotAction and NotResource as everything else", () => {
    const notAction = [{ Action: undefined, NotAction: ["iam:*", "sts:*"], Resource: "*" }];
    const without = notAction.map(({ NotAction, Resource }) => ({ NotAction, Resource }));
    const policy = {
      Version: "2012-10-17",
      Statement: without.map((s) => ({ ...s, Effect: "Allow" as const })),
    };
    const ask = (action: string) => evaluate([policy], { action, resource: TABLE, context: {} });
    expect(ask("iam:CreateUser")).toBe("implicitDeny");
    expect(ask("dynamodb:GetItem")).toBe("allow");
    expect(decide([{ NotResource: `${TABLE}*` }])).toBe("implicitDeny");
    expect(decide([{ NotResource: "arn:aws:s3:::*" }])).toBe("allow");
  });

  it("throw for an operator that IAM does not know, even when another statement would do", () => {
    const unknown = { Resource: "*", Condition: { StringAlmostEquals: { a: "b" } } };
    expect(() => decide([{ Resource: "*" }, unknown])).toThrow("StringAlmostEquals");
    expect(() => meets({ NullIfExists: { a: "true" } })).toThrow("NullIfExists");
  });
});

describe("wildcards", () => {
  it("match as a regular expression does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", ".", "\n"), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        const escaped = pattern.replace(/[.\n]/g, (c) => (c === "." ? "\\." : "\\n"));
        const regex = new RegExp(`^${escaped.replace(/\*/g, "[^]*").replace(/\?/g, "[^]")}$`);
        return matchesGlob(globOf(pattern), value) === regex.test(value);
      }),
      { numRuns: 2000 },
    );
  });

  it("cost no more than pattern times value", () => {
    expect(matchesGlob(globOf("*a".repeat(40)), "b".repeat(4000))).toBe(false);
  });

  it("reach over the colons of an ARN in Resource, not in an Arn condition", () => {
    expect(decide([{ Resource: "arn:aws:dynamodb:*" }])).toBe("allow");
    const principal = { "aws:PrincipalArn": "arn:aws:iam::000000000000:role/a" };
    expect(meets({ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/a" } }, principal)).toBe(true);
    expect(meets({ ArnLike: { "aws:PrincipalArn": "arn:aws:*:role/a" } }, principal)).toBe(false);
    expect(meets({ ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/b" } }, principal)).toBe(true);
  });
});

describe("condition operators", () => {
  const at = "2026-03-01T10:00:00Z";
  const cases: [string, string | readonly string[], string, boolean][] = [
    ["StringEquals", ["a", "b"], "b", true],
    ["StringEquals", "a", "A", false],
    ["StringNotEquals", ["a", "b"], "b", false],
    ["StringNotEquals", ["a", "b"], "c", true],
    ["StringEqualsIgnoreCase", "Abc", "aBC", true],
    ["StringNotEqualsIgnoreCase", "Abc", "aBC", false],
    ["StringLike", "ten_*#?", "ten_1#x", true],
    ["StringLike", "ten_*#?", "ten_1#", false],
    ["StringNotLike", "ten_*", "ten_1", false],
    ["StringEquals", "ten_*", "ten_1", false],
    ["NumericEquals", "10", "10.0", true],
    ["NumericNotEquals", "10", "11", true],
    ["NumericLessThan", "10", "9", true],
    ["NumericLessThanEquals", "10", "11", false],
    ["NumericGreaterThan", "10", "9", false],
    ["NumericGreaterThanEquals", "10", "10", true],
    ["NumericLessThan", "10", "many", false],
    ["DateLessThan", "2026-03-01T10:00:01Z", at, true],
    ["DateGreaterThan", "2026-03-01T10:00:01Z", at, false],
    ["DateEquals", at, String(Date.parse(at) / 1000), true],
    ["Bool", "true", "TRUE", true],
    ["Bool", "true", "false", false],
    ["BinaryEquals", "QQ==", "QQ==", true],
    ["IpAddress", "10.0.0.0/8", "10.9.8.7", true],
    ["IpAddress", ["10.0.0.0/8", "192.0.2.1"], "192.0.2.1", true],
    ["IpAddress", "10.0.0.0/8", "11.0.0.1", false],
    ["IpAddress", "2001:db8::/32", "2001:db8:1::1", true],
    ["IpAddress", "2001:db8::/32", "2001:db9::1", false],
    ["IpAddress", "0.0.0.0/0", "not an address", false],
    ["NotIpAddress", "10.0.0.0/8", "10.9.8.7", false],
    ["NotIpAddress", "10.0.0.0/8", "11.0.0.1", true],
    ["ArnEquals", "arn:aws:iam::*:role/a", "arn:aws:iam::1:role/a", true],
  ];
  it.each(cases)("%s %j of %j is %s", (operator, policy, requested, expected) => {
    expect(meets({ [operator]: { "test:Key": policy } }, { "test:Key": requested })).toBe(expected);
    expect(meets({ [`${operator}IfExists`]: { "test:Key": policy } }, { "test:Key": requested })).toBe(
      expected,
    );
  });

  it("fail on an absent key, unless negated or IfExists", () => {
    for (const operator of new Set(cases.map(([name]) => name))) {
      const value = cases.find(([name]) => name === operator)?.[1] ?? "";
      expect([operator, meets({ [operator]: { absent: value } })]).toEqual([
        operator,
        operator.includes("Not"),
      ]);
      expect([operator, meets({ [`${operator}IfExists`]: { absent: value } })]).toEqual([operator, true]);
    }
  });

  it("read key names without regard to case", () => {
    expect(
      meets({ StringEquals: { "AWS:principaltag/tenantid": "t" } }, { "aws:PrincipalTag/TenantId": "t" }),
    ).toBe(true);
  });

  it("need every operator and every key to hold", () => {
    const both = { StringEquals: { a: "1", b: "2" }, Bool: { c: "true" } };
    expect(meets(both, { a: "1", b: "2", c: "true" })).toBe(true);
    expect(meets(both, { a: "1", b: "2", c: "false" })).toBe(false);
    expect(meets(both, { a: "1", b: "3", c: "true" })).toBe(false);
  });

  it("tell with Null whether a key is there", () => {
    expect(meets({ Null: { k: "true" } })).toBe(true);
    expect(meets({ Null: { k: "true" } }, { k: "v" })).toBe(false);
    expect(meets({ Null: { k: "false" } }, { k: [] })).toBe(false);
    expect(meets({ Null: { k: "false" } }, { k: ["v"] })).toBe(true);
  });
});

describe("set qualifiers", () => {
  it("ForAllValues holds for an absent key, so that only a Null guard makes it safe", () => {
    const keys = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "t1#*" } };
    expect(meets(keys)).toBe(true);
    expect(meets({ ...keys, Null: { "dynamodb:LeadingKeys": "false" } })).toBe(false);
  });

  it("ForAllValues needs every value to fit", () => {
    const keys = { "ForAllValues:StringLike": { k: ["t1#*", "t2#*"] } };
    expect(meets(keys, { k: ["t1#a", "t2#b"] })).toBe(true);
    expect(meets(keys, { k: ["t1#a", "t3#b"] })).toBe(false);
    expect(meets({ "ForAllValues:StringNotEquals": { k: "x" } }, { k: ["a", "x"] })).toBe(false);
  });

  it("ForAnyValue needs one value to fit and fails on an absent key", () => {
    const keys = { "ForAnyValue:StringEquals": { k: "x" } };
    expect(meets(keys, { k: ["a", "x"] })).toBe(true);
    expect(meets(keys, { k: ["a", "b"] })).toBe(false);
    expect(meets(keys)).toBe(false);
    expect(meets({ "ForAnyValue:StringNotEquals": { k: "x" } })).toBe(false);
    expect(meets({ "ForAnyValue:StringEqualsIfExists": { k: "x" } })).toBe(true);
  });
});

describe("the policies for PutEvents", () => {
  const { airlineAlone, producersAlone } = createRequire(import.meta.url)(
    "../../resources/message-policies.cjs",
  );
  const relay = "arn:aws:iam::000000000000:role/relay";
  const isDenied = (sources: string[] | undefined, principal = "arn:aws:iam::000000000000:role/other") =>
    [airlineAlone, producersAlone].some(({ Condition }) => {
      // As it is once CloudFormation has put the ARN in.
      const condition = JSON.parse(JSON.stringify(Condition).replace(/\{"Fn::GetAtt":[^}]*\}/, `"${relay}"`));
      return meets(condition, { "aws:PrincipalArn": principal, "events:source": sources });
    });

  it.each([
    ["another's event", ["gatehouse.airline"]],
    ["another's event among those of nobody in particular", ["gatehouse.hooks", "gatehouse.airline"]],
    ["an event of no producer", ["gatehouse.other"]],
    ["an event of no producer among those of one", ["gatehouse.hooks", "gatehouse.other"]],
  ])("deny %s, whether a request has one source or several", (_what, sources) => {
    expect(isDenied(sources)).toBe(true);
  });

  it("deny a producer's relay none of its own, and nobody a request that names no source", () => {
    expect(isDenied(["gatehouse.airline"], relay)).toBe(false);
    expect(isDenied(undefined)).toBe(false);
    expect(isDenied(["gatehouse.airline", "gatehouse.other"], relay)).toBe(true);
  });

  it("allow a relay its producer's sources alone, and nothing without a source", () => {
    const { Policies } = createRequire(import.meta.url)("../../resources/roles.cjs").Resources.RelayHooksRole
      .Properties;
    const statements: { Action: unknown; Condition: PolicyStatement["Condition"] }[] = Policies.flatMap(
      ({ PolicyDocument }: { PolicyDocument: { Statement: unknown[] } }) => PolicyDocument.Statement,
    );
    const own = statements.find(({ Action }) => Action === "events:PutEvents")?.Condition;
    const allowed = (sources?: string[]) => meets(own, { "events:source": sources });
    expect(allowed(["gatehouse.hooks"])).toBe(true);
    for (const sources of [["gatehouse.airline"], ["gatehouse.hooks", "gatehouse.airline"], undefined])
      expect(allowed(sources)).toBe(false);
  });
});

describe("policy variables", () => {
  const tenant = { "aws:PrincipalTag/TenantId": "t1" };
  const keys = { "ForAllValues:StringLike": { k: `\${aws:PrincipalTag/TenantId}#*` } };

  it("stand for the caller's own value", () => {
    expect(meets(keys, { ...tenant, k: ["t1#a"] })).toBe(true);
    expect(meets(keys, { ...tenant, k: ["t12#a"] })).toBe(false);
    const own = `${TABLE}/\${aws:PrincipalTag/TenantId}`;
    expect(decide([{ Resource: own }], { resource: `${TABLE}/t1`, context: tenant })).toBe("allow");
    expect(decide([{ Resource: own }], { resource: `${TABLE}/t2`, context: tenant })).toBe("implicitDeny");
  });

  it("match nothing when they cannot be resolved", () => {
    expect(meets(keys, { k: ["#a"] })).toBe(false);
    expect(meets(keys, { "aws:PrincipalTag/TenantId": ["t1", "t2"], k: ["t1#a"] })).toBe(false);
    expect(decide([{ Resource: `\${aws:PrincipalTag/None}*` }])).toBe("implicitDeny");
  });

  it("never bring in a wildcard: a tag * is a star", () => {
    expect(meets(keys, { "aws:PrincipalTag/TenantId": "*", k: ["t1#a"] })).toBe(false);
    expect(meets(keys, { "aws:PrincipalTag/TenantId": "t?", k: ["t1#a"] })).toBe(false);
    expect(meets(keys, { "aws:PrincipalTag/TenantId": "*", k: ["*#a"] })).toBe(true);
  });

  it("write the wildcards themselves as variables", () => {
    expect(meets({ StringLike: { k: `a\${*}\${?}\${$}*` } }, { k: "a*?$bc" })).toBe(true);
    expect(meets({ StringLike: { k: `a\${*}` } }, { k: "ab" })).toBe(false);
  });

  it("fall back to the default they name", () => {
    const withDefault = { StringEquals: { k: `\${aws:PrincipalTag/Team, 'none'}` } };
    expect(meets(withDefault, { k: "none" })).toBe(true);
    expect(meets(withDefault, { k: "none", "aws:PrincipalTag/Team": "x" })).toBe(false);
  });

  it("are plain text in a policy of the older version", () => {
    const statement = { Resource: "*", Condition: { StringEquals: { k: `\${aws:PrincipalTag/TenantId}` } } };
    expect(decide([statement], { context: { ...tenant, k: "t1" } }, "2008-10-17")).toBe("implicitDeny");
    expect(decide([statement], { context: { k: `\${aws:PrincipalTag/TenantId}` } }, "2008-10-17")).toBe(
      "allow",
    );
  });
});
