import { describe, expect, it } from "@jest/globals";
import { effectivePolicy } from "../../src/domain/access/effective-policy.ts";
import { denyAll } from "../../src/domain/access/policy-document.ts";

const STAGE = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod";

const record = (group: string, document: unknown) => ({
  group,
  document,
  version: 1,
  updatedAt: "2027-01-01T00:00:00Z",
  updatedBy: "ann",
});
const statement = (path: string, Effect = "Allow") => ({
  Effect,
  Action: "execute-api:Invoke",
  Resource: [`${STAGE}/${path}`],
});
const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
const viewers = record("viewers", policy({ Sid: "Read", ...statement("GET/admin/*") }));
const editors = record("editors", policy({ Sid: "Read", ...statement("PUT/admin/*") }));

const groups = (...names: string[]) => new Set(names);
const NOTHING = denyAll(STAGE);

describe("a person may do nothing", () => {
  const large = record(
    "large",
    policy(...Array.from({ length: 4 }, (_, index) => statement(`GET/admin/${String(index).repeat(300)}`))),
  );
  it.each([
    ["in no group", groups(), [viewers], "in no group"],
    ["in a group without a policy", groups("viewers"), [], "has no policy"],
    ["in two groups, one without a policy", groups("viewers", "guests"), [viewers], "guests has no policy"],
    ["in a group whose policy is damaged", groups("bad"), [record("bad", { Statement: [] })], "enforced"],
    [
      "in a group whose policy speaks of another API",
      groups("viewers", "bad"),
      [viewers, record("bad", policy({ ...statement(""), Resource: "*" }))],
      "enforced",
    ],
    [
      "in groups whose policies are too large together",
      groups("a", "b", "c", "d", "e"),
      ["a", "b", "c", "d", "e"].map((group) => ({ ...large, group })),
      "too large",
    ],
  ])("%s", (_what, member, records, reason) => {
    const { policy: effective, denied } = effectivePolicy(member, records, STAGE);
    expect(effective).toEqual(NOTHING);
    expect(denied).toContain(reason);
  });
});

describe("the policies of all groups", () => {
  it("are one, without Sids, which would not be unique", () => {
    expect(effectivePolicy(groups("viewers", "editors"), [editors, viewers], STAGE)).toEqual({
      policy: policy(statement("GET/admin/*"), statement("PUT/admin/*")),
    });
  });

  it("do not hold what another group may, even when its policy was read", () => {
    const { policy: effective } = effectivePolicy(groups("viewers"), [editors, viewers], STAGE);
    expect(effective).toEqual(policy(statement("GET/admin/*")));
  });

  it("fit into an authorizer's result when there are three of the largest", () => {
    const document = policy(statement(`GET/admin/${"x".repeat(1800)}`));
    const records = ["a", "b", "c"].map((group) => record(group, document));
    expect(effectivePolicy(groups("a", "b", "c"), records, STAGE).denied).toBeUndefined();
  });
});
