import { describe, expect, it } from "@jest/globals";
import { Command, NO_STACK } from "../support/command.ts";

const deadLetters = (...args: string[]) => Command.run(NO_STACK, "dead-letters.ts", ...args);

describe("what is typed and makes no sense exits with 2 and says why", () => {
  it.each([
    [[], "Usage: dead-letters"],
    [["show"], "missing required argument 'queue'"],
    [["show", "nope"], 'There is no queue "nope"; the queues are usage-ledger-dead-letters,'],
    [["show", "audit-dead-letters", "--limit", "0"], "It is a number from 1 to 999."],
    [
      ["redrive", "audit-dead-letters"],
      "Nothing takes again what lies in audit-dead-letters; docs/operating.md says what to do.",
    ],
  ])("%j", async (args, explanation) => {
    const { code, stdout, stderr } = await deadLetters(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(explanation);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

it("without a running stack every command is one line that says how to start it", async () => {
  const queue = "audit-undelivered-dead-letters";
  for (const args of [["list"], ["show", queue], ["redrive", queue]])
    expect(await deadLetters(...args)).toEqual({
      code: 1,
      stdout: "",
      stderr: "error: The local stack is not running: start it with npm start.\n",
    });
});
