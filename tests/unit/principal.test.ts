import { describe, expect, it } from "@jest/globals";
import { isAllowedPrincipal } from "../../src/domain/access/principal.ts";

const ACCOUNT = "123456789012";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/internal-caller`;
const session = (role: string, account = ACCOUNT, name = "any") =>
  `arn:aws:sts::${account}:assumed-role/${role}/${name}`;

describe("an IAM principal", () => {
  it.each([
    ["nobody", undefined],
    ["an empty ARN", ""],
    ["the role of another account", session("internal-caller", "999999999999")],
    ["another role", session("internal-callers")],
    ["a role whose name only begins the same", session("internal")],
    ["a session that is named like the role", session("other", ACCOUNT, "internal-caller")],
    ["a session's ARN with more behind it", `${session("internal-caller")}/x`],
    ["a session's ARN with a line before it", `x\n${session("internal-caller")}`],
    ["the role itself, which never calls", ROLE],
    ["the account's root", `arn:aws:iam::${ACCOUNT}:root`],
    ["a user that is not on the list", `arn:aws:iam::${ACCOUNT}:user/eve`],
    ["another partition's role", session("internal-caller").replace("arn:aws:", "arn:aws-cn:")],
    ["a number", 1],
  ])("is refused: %s", (_what, arn) => {
    expect(isAllowedPrincipal(arn, [ROLE, `arn:aws:iam::${ACCOUNT}:user/batch`])).toBe(false);
  });

  it("is refused by an empty list, and wildcards on it mean nothing", () => {
    expect(isAllowedPrincipal(session("internal-caller"), [])).toBe(false);
    expect(isAllowedPrincipal(session("internal-caller"), [`arn:aws:iam::${ACCOUNT}:role/*`, "*"])).toBe(
      false,
    );
  });

  it("is let in as a session of a role on the list, whatever its name and the role's path", () => {
    expect(isAllowedPrincipal(session("internal-caller"), [ROLE])).toBe(true);
    expect(isAllowedPrincipal(session("internal-caller", ACCOUNT, "x@y"), [ROLE])).toBe(true);
    const inPath = `arn:aws:iam::${ACCOUNT}:role/services/batch/internal-caller`;
    expect(isAllowedPrincipal(session("internal-caller"), [inPath])).toBe(true);
  });

  it("is let in as a user on the list", () => {
    const user = `arn:aws:iam::${ACCOUNT}:user/batch`;
    expect(isAllowedPrincipal(user, [ROLE, user])).toBe(true);
  });
});
