import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { evaluate } from "../../scripts/local-aws/iam/evaluate.ts";
import type { PolicyDocument as IamPolicy } from "../../scripts/local-aws/kernel/caller.ts";
import { acceptPolicy, LARGEST_POLICY, lintPolicy } from "../../src/domain/access/policy-lint.ts";

const STAGE = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod";

const statement = (changes: object = {}) => ({
  Effect: "Allow",
  Action: "execute-api:Invoke",
  Resource: `${STAGE}/GET/admin/tenants`,
  ...changes,
});
const policy = (...statements: unknown[]) => ({ Version: "2012-10-17", Statement: statements });
const resource = (Resource: unknown) => policy(statement({ Resource }));
const condition = (Condition: unknown) => policy(statement({ Condition }));
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe("the linter refuses, with the place and the reason,", () => {
  const first = "#/Statement/0";
  it.each<[what: string, document: unknown, pointer: string, reason: string]>([
    ["nothing", null, "#", "must be an object"],
    ["a list", [], "#", "must be an object"],
    ["text", "{}", "#", "must be an object"],
    ["another version", { ...policy(statement()), Version: "2008-10-17" }, "#/Version", "2012-10-17"],
    ["no version", { Statement: [statement()] }, "#/Version", "2012-10-17"],
    ["a member it does not know", { ...policy(statement()), Id: "x" }, "#/Id", "is unknown"],
    ["no statement", { Version: "2012-10-17" }, "#/Statement", "must be a list"],
    ["an empty list of statements", policy(), "#/Statement", "must be a list"],
    ["a statement that is not in a list", { ...policy(), Statement: statement() }, "#/Statement", "list"],
    ["too many statements", policy(...many(21, statement())), "#/Statement", "may have 20"],
    ["a statement that is none", policy("Allow"), first, "must be an object"],
    ["an unknown effect", policy(statement({ Effect: "allow" })), `${first}/Effect`, '"Allow" or "Deny"'],
    ["a strange Sid", policy(statement({ Sid: "a b" })), `${first}/Sid`, "letters and digits"],
    ["every action", policy(statement({ Action: "*" })), `${first}/Action`, "execute-api:Invoke"],
    ["every action of the API", policy(statement({ Action: "execute-api:*" })), `${first}/Action`, "Invoke"],
    ["another service", policy(statement({ Action: ["dynamodb:GetItem"] })), `${first}/Action`, "Invoke"],
    [
      "two actions",
      policy(statement({ Action: ["execute-api:Invoke", "execute-api:Invoke"] })),
      `${first}/Action`,
      "Invoke",
    ],
    ["no action", policy(statement({ Action: undefined })), `${first}/Action`, "Invoke"],
    ["NotAction", policy(statement({ NotAction: "x" })), `${first}/NotAction`, "is not taken"],
    ["NotResource", policy(statement({ NotResource: STAGE })), `${first}/NotResource`, "other APIs"],
    ["a principal", policy(statement({ Principal: "*" })), `${first}/Principal`, "belongs to its group"],
    ["a member called __proto__", policy(JSON.parse('{"__proto__":{}}')), `${first}/__proto__`, "unknown"],
    ["a member with a slash", policy(statement({ "a/b~": 1 })), `${first}/a~1b~0`, "is unknown"],
    ["no resource", resource(undefined), `${first}/Resource`, "must be a resource"],
    ["no resource in a list", resource([]), `${first}/Resource`, "1 to 20"],
    ["too many resources", resource(many(21, `${STAGE}/GET/a`)), `${first}/Resource`, "1 to 20"],
    ["a resource that is a number", resource([1]), `${first}/Resource`, "must be a resource"],
    ["every resource", resource("*"), `${first}/Resource`, "must begin with"],
    ["another API", resource(`${STAGE.replace("a1", "b2")}/GET/admin`), `${first}/Resource`, "only this API"],
    ["another stage", resource([`${STAGE}/*`, `${STAGE}uction/GET/x`]), `${first}/Resource/1`, "only this"],
    ["another stage in short", resource("execute-api:/dev/GET/admin"), `${first}/Resource`, "only this"],
    [
      "a wildcard in the API",
      resource(`${STAGE.replace("a1b2", "*")}/*`),
      `${first}/Resource`,
      "spelled out",
    ],
    [
      "a wildcard in the stage",
      resource(STAGE.replace("prod", "p*/GET/x")),
      `${first}/Resource`,
      "spelled out",
    ],
    [
      "a wildcard in the account",
      resource(`${STAGE.replace("1234", "?234")}/*`),
      `${first}/Resource`,
      "only",
    ],
    ["a wildcard in the stage in short", resource("execute-api:/p*/GET/x"), `${first}/Resource`, "only this"],
    ["the stage alone", resource(STAGE), `${first}/Resource`, "must begin with"],
    ["the method ANY", resource(`${STAGE}/ANY/admin`), `${first}/Resource`, "no wildcard"],
    ["a method in small letters", resource(`${STAGE}/get/admin`), `${first}/Resource`, "in capitals"],
    ["a part of a method", resource(`${STAGE}/P*/admin`), `${first}/Resource`, "in capitals"],
    ["a path without a method", resource(`${STAGE}/admin/tenants`), `${first}/Resource`, "in capitals"],
    ["a method without a path", resource(`${STAGE}/GET`), `${first}/Resource`, "in capitals"],
    ["a space", resource(`${STAGE}/GET/a b`), `${first}/Resource`, "in capitals"],
    [
      "a policy variable",
      resource(`${STAGE}/GET/admin/\${aws:username}`),
      `${first}/Resource`,
      "policy variable",
    ],
    ["an empty condition", condition({}), `${first}/Condition`, "leave it out"],
    ["a condition that is a list", condition([]), `${first}/Condition`, "object of operators"],
    [
      "an operator of IAM that it does not know",
      condition({ ArnLike: {} }),
      `${first}/Condition/ArnLike`,
      "known",
    ],
    [
      "an operator that is not spelled right",
      condition({ ipAddress: {} }),
      `${first}/Condition/ipAddress`,
      "known",
    ],
    [
      "an operator called constructor",
      condition({ constructor: {} }),
      `${first}/Condition/constructor`,
      "known",
    ],
    ["…IfExists", condition({ IpAddressIfExists: {} }), `${first}/Condition/IpAddressIfExists`, "known"],
    [
      "ForAllValues",
      condition({ "ForAllValues:StringLike": {} }),
      `${first}/Condition/ForAllValues:StringLike`,
      "",
    ],
    [
      "an operator without a key",
      condition({ IpAddress: {} }),
      `${first}/Condition/IpAddress`,
      "aws:SourceIp",
    ],
    [
      "a key of another operator",
      condition({ IpAddress: { "aws:CurrentTime": "127.0.0.1" } }),
      `${first}/Condition/IpAddress/aws:CurrentTime`,
      "does not go with",
    ],
    [
      "a key that the gateway does not have",
      condition({ StringEquals: { "aws:PrincipalTag/team": "x" } }),
      `${first}/Condition/StringEquals/aws:PrincipalTag~1team`,
      "does not go with",
    ],
    [
      "an address that is none",
      condition({ IpAddress: { "aws:SourceIp": ["10.0.0.1", "10.0.0.256"] } }),
      `${first}/Condition/IpAddress/aws:SourceIp/1`,
      "CIDR",
    ],
    [
      "a day that is on no calendar",
      condition({ DateLessThan: { "aws:CurrentTime": "2027-02-30T00:00:00Z" } }),
      `${first}/Condition/DateLessThan/aws:CurrentTime`,
      "in UTC",
    ],
    [
      "a value that is a number",
      condition({ StringEquals: { "aws:UserAgent": 1 } }),
      `${first}/Condition/StringEquals/aws:UserAgent`,
      "must be a text",
    ],
    [
      "a variable as a value",
      condition({ StringEquals: { "aws:UserAgent": "$" + "{aws:Referer}" } }),
      `${first}/Condition/StringEquals/aws:UserAgent`,
      "no policy variable",
    ],
    [
      "a text that is too long",
      condition({ StringEquals: { "aws:UserAgent": "x".repeat(257) } }),
      `${first}/Condition/StringEquals/aws:UserAgent`,
      "must be a text",
    ],
    [
      "what is too large",
      policy(...many(2, statement({ Resource: many(20, `${STAGE}/GET/admin/tenants`) }))),
      "#",
      `${LARGEST_POLICY} bytes`,
    ],
    [
      "what is too large when written out",
      policy(...many(2, statement({ Resource: many(20, "execute-api:/*/GET/a") }))),
      "#",
      `${LARGEST_POLICY} bytes`,
    ],
  ])("%s", (_what, document, pointer, reason) => {
    const findings = lintPolicy(document, STAGE);
    expect(findings).toContainEqual({ pointer, detail: expect.stringContaining(reason) });
    expect(() => acceptPolicy(document, STAGE)).toThrow(
      expect.objectContaining({ code: "invalid", findings }),
    );
  });

  it.each([
    "10.0.0.1/24",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/08",
    "010.0.0.1",
    "10.0.0",
    "::1::",
    "1:2:3:4:5:6:7",
    "2001:db8::/16x",
    "g::",
    "1:2:3:4:5:6:7::8",
    "",
    "*",
    "localhost",
  ])("the address %j", (address) => {
    expect(lintPolicy(condition({ IpAddress: { "aws:SourceIp": address } }), STAGE)).toHaveLength(1);
  });

  it("no more than 20 things at once", () => {
    expect(lintPolicy(policy(...many(20, {})), STAGE)).toHaveLength(20);
  });
});

describe("the linter lets pass", () => {
  it.each<[string, unknown]>([
    ["one resource", policy(statement())],
    ["the whole stage", resource(`${STAGE}/*`)],
    ["wildcards in a path, any method", resource([`${STAGE}/*/admin/*/x?`, `${STAGE}/DELETE/`])],
    [
      "a Deny with a Sid and the action in a list",
      policy(statement({ Effect: "Deny", Sid: "No1", Action: ["execute-api:Invoke"] })),
    ],
    ["this stage in short", resource(["execute-api:/*/GET/a", "execute-api:/prod/GET/a"])],
    [
      "addresses",
      condition({
        IpAddress: {
          "aws:SourceIp": [
            "10.0.0.0/8",
            "192.0.2.7",
            "0.0.0.0/0",
            "::/0",
            "::1",
            "2001:db8::/32",
            "1:2:3:4:5:6:7:8/128",
          ],
        },
        NotIpAddress: { "aws:SourceIp": "10.1.0.0/16" },
      }),
    ],
    [
      "a period",
      condition({
        DateGreaterThanEquals: { "aws:CurrentTime": "2028-02-29T00:00:00Z" },
        DateLessThan: { "aws:CurrentTime": "2028-03-01T00:00:00Z" },
      }),
    ],
    [
      "user agents",
      condition({ StringLike: { "aws:UserAgent": ["console/*", "cli/?"], "aws:Referer": "*" } }),
    ],
  ])("%s", (_what, document) => {
    expect(lintPolicy(document, STAGE)).toEqual([]);
  });

  it("every default policy, and none of them leaves the admin API", () => {
    const folder = join(import.meta.dirname, "..", "..", "resources", "policies");
    const files = readdirSync(folder);
    expect(files.sort()).toEqual(["admin.json", "editors.json", "viewers.json"]);
    for (const file of files) {
      const accepted = acceptPolicy(JSON.parse(readFileSync(join(folder, file), "utf8")), STAGE);
      for (const one of accepted.Statement.flatMap(({ Resource }) => Resource))
        expect(one).toMatch(/\/(\*|GET|POST|PUT|PATCH|DELETE)\/admin\//);
    }
  });
});

/** Parts that are near to what is right, so that some policies pass. */
const resources = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom("GET", "*", "POST", "ANY", "get")
      .map((method) => `${STAGE}/${method}/admin/*`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("prod", "*", "dev", "p*").map((stage) => `execute-api:/${stage}/GET/*`),
  },
  fc.constantFrom(
    "*",
    `${STAGE}*`,
    `${STAGE}/*`,
    "arn:aws:execute-api:*:*:*/prod/GET/*",
    "arn:*",
    "execute-api:/*",
    "execute-api:*",
  ),
  fc.string().map((text) => `${STAGE}/GET/${text}`),
);
const conditions = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, { StringLike: { "aws:UserAgent": "*" } }),
  fc.dictionary(
    fc.constantFrom("IpAddress", "NotIpAddress", "StringLike", "Null"),
    fc.dictionary(
      fc.constantFrom("aws:SourceIp", "aws:UserAgent"),
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
    ),
  ),
);
const documents = fc
  .array(
    fc.record({
      Effect: fc.constantFrom("Allow", "Deny"),
      Action: fc.constant("execute-api:Invoke"),
      Resource: fc.oneof(resources, fc.array(resources, { maxLength: 3 })),
      Condition: conditions,
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((statements) => policy(...statements));

describe("for any input", () => {
  it("the linter answers and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), documents), (document) => {
        for (const { pointer, detail } of lintPolicy(document, STAGE)) {
          expect(pointer).toMatch(/^#/);
          expect(detail).not.toBe("");
        }
      }),
    );
  });

  it("a policy that passes says nothing of another API, stage or action, and can be evaluated", () => {
    let passed = 0;
    const context = {
      "aws:SourceIp": "10.1.2.3",
      "aws:UserAgent": "x",
      "aws:CurrentTime": "2027-01-01T00:00:00Z",
    };
    fc.assert(
      fc.property(documents, (document) => {
        if (lintPolicy(document, STAGE).length > 0) return;
        passed += 1;
        const accepted = acceptPolicy(document, STAGE) as IamPolicy;
        const judge = (action: string, on: string) => evaluate([accepted], { action, resource: on, context });
        judge("execute-api:Invoke", `${STAGE}/GET/admin/tenants`);
        for (const foreign of [`${STAGE}uction`, STAGE.replace("prod", "dev"), STAGE.replace("a1b2", "zzzz")])
          expect(judge("execute-api:Invoke", `${foreign}/GET/admin/tenants`)).toBe("implicitDeny");
        expect(judge("execute-api:InvalidateCache", `${STAGE}/GET/admin/tenants`)).toBe("implicitDeny");
      }),
      { numRuns: 1000 },
    );
    expect(passed).toBeGreaterThan(100);
  });

  it("what was accepted is accepted again, as it is", () => {
    fc.assert(
      fc.property(documents, (document) => {
        if (lintPolicy(document, STAGE).length > 0) return;
        const accepted = acceptPolicy(document, STAGE);
        expect(acceptPolicy(accepted, STAGE)).toEqual(accepted);
      }),
    );
  });
});
