import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { PolicyDocument } from "../../scripts/local-aws/kernel/caller.ts";
import { compiledStack } from "../support/template.ts";

const POLICY = join(import.meta.dirname, "..", "..", "docs", "deploy-policy.json");

/** IAM's prefix where it is not CloudFormation's name of the service in small letters. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ["ApiGatewayV2", "apigateway"],
  ["Cognito", "cognito-idp"],
]);

const prefixOf = (type: string) => {
  const service = type.split("::")[1] ?? "";
  return PREFIXES.get(service) ?? service.toLowerCase();
};

describe("what deploying needs", () => {
  const { Statement }: PolicyDocument = JSON.parse(readFileSync(POLICY, "utf8"));
  const allowed = new Set(
    Statement.flatMap(({ Action = [] }) => [Action].flat()).map((action) => action.split(":")[0]),
  );

  it("every service that the template has resources of is in the policy for deploying", () => {
    const types = Object.values(compiledStack().template.Resources).map(({ Type }) => Type);
    expect(types.length).toBeGreaterThan(0);
    expect([...new Set(types)].filter((type) => !allowed.has(prefixOf(type)))).toEqual([]);
  });

  it("roles are handed to named services only, and only this system's own are made", () => {
    const overRoles = Statement.filter(({ Action = [] }) =>
      [Action].flat().some((action) => /^iam:/.test(action)),
    );
    expect(overRoles.map(({ Sid }) => Sid)).toEqual([
      "Roles",
      "HandRolesToServicesOnly",
      "ServiceLinkedRoles",
    ]);
    for (const { Resource } of overRoles)
      expect(Resource).toMatch(/^arn:aws:iam::\*:role\/(gatehouse-|aws-service-role\/)\*$/);
    const pass = overRoles.find(({ Action }) => Action === "iam:PassRole");
    expect(pass?.Condition?.StringEquals?.["iam:PassedToService"]).toEqual(
      expect.arrayContaining(["lambda.amazonaws.com"]),
    );
  });

  it("nothing may be done to everything", () => {
    for (const { Effect, Action } of Statement) {
      expect(Effect).toBe("Allow");
      expect([Action].flat()).not.toContain("*");
    }
  });
});
