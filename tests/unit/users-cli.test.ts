import { describe, expect, it } from "@jest/globals";
import { Command, NO_STACK } from "../support/command.ts";

const users = (...args: string[]) => Command.run(NO_STACK, "users.ts", ...args);

describe("what is typed and makes no sense exits with 2 and says why", () => {
  it.each([
    [[], "Usage: users"],
    [["create"], "missing required argument 'username'"],
    [["create", "a b"], '"a b" is no username'],
    [
      ["create", "ada", "--group", "root"],
      'There is no group "root"; the groups are admin, editors, viewers.',
    ],
    [["add-to-group", "ada", "Admin"], 'There is no group "Admin"'],
    [["set-password", "ada", "--password", "x"], "unknown option '--password'"],
  ])("%j", async (args, explanation) => {
    const { code, stdout, stderr } = await users(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(explanation);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

it("without a running stack every command is one line that says how to start it", async () => {
  for (const args of [["list"], ["create", "ada"], ["add-to-group", "ada", "admin"]])
    expect(await users(...args)).toEqual({
      code: 1,
      stdout: "",
      stderr: "error: The local stack is not running: start it with npm start.\n",
    });
});
