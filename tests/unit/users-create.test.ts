import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { create } from "../../scripts/users/commands.ts";
import { CognitoPeople } from "../../src/aws/cognito/people.ts";
import { PeopleOperations } from "../../src/aws/people-operations.ts";
import type { People } from "../../src/domain/access/people.ts";
import { OPERATOR } from "./tenancy/fakes.ts";

let printed: string;
let password: string;
let failing: "addToGroup" | "done" | undefined;

beforeEach(() => {
  printed = "";
  failing = undefined;
  jest.spyOn(process.stdout, "write").mockImplementation((text, ...rest: unknown[]) => {
    printed += String(text);
    const written = rest.at(-1);
    if (typeof written === "function") written();
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

class FakePeople extends CognitoPeople {
  override create: People["create"] = async ({ username }, temporaryPassword) => {
    password = temporaryPassword;
    return { username, sub: "sub", status: "FORCE_CHANGE_PASSWORD", enabled: true, createdAt: "" };
  };
  override addToGroup: People["addToGroup"] = async () => {
    if (failing === "addToGroup") throw new Error("Rate exceeded");
  };
}

function createAnn(json: boolean): Promise<void> {
  const people = new FakePeople("pool");
  const trail = {
    append: async ({ phase }: { readonly phase: string }) => {
      if (phase === failing) throw new Error("no table");
    },
  };
  const operations = new PeopleOperations({ people, trail }, OPERATOR);
  return create({ people, operations, json }, { username: "ann", groups: ["viewers", "editors"] });
}

describe.each([true, false])("users create, with JSON %s,", (json) => {
  it("shows the password and the groups", async () => {
    await createAnn(json);
    for (const text of [password, "viewers", "editors"]) expect(printed).toContain(text);
  });

  it("shows the password, and then says which groups were not reached", async () => {
    failing = "addToGroup";
    await expect(createAnn(json)).rejects.toThrow(
      '"ann" was added, but not to viewers, editors (Rate exceeded): do it with add-to-group.',
    );
    expect(printed).toContain(password);
    expect(printed).not.toContain("viewers");
  });

  it("shows the password, and then says that the audit log has no end of it", async () => {
    failing = "done";
    await expect(createAnn(json)).rejects.toThrow(
      '"ann" was added, but the audit log tells of the beginning alone (no table).',
    );
    for (const text of [password, "viewers", "editors"]) expect(printed).toContain(text);
  });
});
