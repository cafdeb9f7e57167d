import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { evaluate } from "../../scripts/local-aws/iam/evaluate.ts";
import type { PolicyDocument } from "../../scripts/local-aws/kernel/caller.ts";
import { merged } from "../../src/domain/access/policy-document.ts";
import { acceptPolicy } from "../../src/domain/access/policy-lint.ts";

const STAGE = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod";
const FOLDER = join(import.meta.dirname, "..", "..", "resources", "policies");

function allows(groups: readonly string[], call: string): boolean {
  const policies = groups.map((group) =>
    acceptPolicy(JSON.parse(readFileSync(join(FOLDER, `${group}.json`), "utf8")), STAGE),
  );
  return (
    evaluate([merged(policies, STAGE) as PolicyDocument], {
      action: "execute-api:Invoke",
      resource: `${STAGE}/${call}`,
      context: {},
    }) === "allow"
  );
}

const TENANT = "admin/tenants/ten_01JD0000000000000000000000";
const READ = ["GET/admin/tenants", `GET/${TENANT}`, `GET/${TENANT}/clients`, "GET/admin/audit"];
const CHANGE = [
  "POST/admin/tenants",
  `PATCH/${TENANT}`,
  `POST/${TENANT}/suspend`,
  `POST/${TENANT}/clients`,
  `DELETE/${TENANT}/clients/c1`,
  `DELETE/${TENANT}/clients/c1/secrets/s1`,
];
const ADMINS_ALONE = [
  `DELETE/${TENANT}`,
  `DELETE/${TENANT}%2Fclients`,
  "GET/admin/policies",
  "GET/admin/policies/viewers",
  "PUT/admin/policies/viewers",
];
const NOBODYS = ["GET/v1/flights", "GET/users", "GET/adminx", "GET/admin"];

/** Who may make each call, by the policies that the repository brings along. */
describe.each<[who: string, groups: readonly string[], may: readonly string[], mayNot: readonly string[]]>([
  ["a viewer", ["viewers"], READ, [...CHANGE, ...ADMINS_ALONE, ...NOBODYS]],
  ["an editor", ["editors"], [...READ, ...CHANGE], [...ADMINS_ALONE, ...NOBODYS]],
  ["who is both", ["viewers", "editors"], [...READ, ...CHANGE], [...ADMINS_ALONE, ...NOBODYS]],
  ["an admin", ["admin"], [...READ, ...CHANGE, ...ADMINS_ALONE], NOBODYS],
  ["an admin who is a viewer too", ["admin", "viewers"], [...READ, ...CHANGE, ...ADMINS_ALONE], NOBODYS],
])("%s", (_who, groups, may, mayNot) => {
  it.each(may)("may %s", (call) => {
    expect(allows(groups, call)).toBe(true);
  });

  it.each(mayNot)("may not %s", (call) => {
    expect(allows(groups, call)).toBe(false);
  });
});
