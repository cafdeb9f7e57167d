import { beforeEach, describe, expect, it } from "@jest/globals";
import { addPerson } from "../../src/domain/access/add-person.ts";
import type { Group, People, PersonRecord } from "../../src/domain/access/people.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { FakeClock, OPERATOR } from "./tenancy/fakes.ts";

const GROUPS: readonly Group[] = ["viewers", "editors"];
/** Every call that adding Ann to two groups makes, in its order. */
const CALLS = ["write begun", "create", "join viewers", "join editors", "write done"];

let done: string[];
let passwords: Map<string, string>;
let failing: { readonly call: string; readonly error: Error } | undefined;
let failures: unknown[];

beforeEach(() => {
  done = [];
  passwords = new Map();
  failing = undefined;
  failures = [];
});

function call(name: string): void {
  if (failing?.call === name) throw failing.error;
  done.push(name);
}

const record = (username: string): PersonRecord => ({
  username,
  sub: `sub-${username}`,
  status: "FORCE_CHANGE_PASSWORD",
  enabled: true,
  createdAt: "",
});

const notAsked = async () => {
  throw new Error("adding a person does not ask for this");
};

const people: People = {
  create: async ({ username }, password) => {
    call("create");
    if (passwords.has(username)) throw new Refusal("conflict", "The username is taken.");
    passwords.set(username, password);
    return record(username);
  },
  addToGroup: async (_username, group) => call(`join ${group}`),
  removeFromGroup: notAsked,
  find: notAsked,
  membersOf: notAsked,
  setPassword: notAsked,
};

const trail = { append: async ({ phase }: { readonly phase: string }) => call(`write ${phase}`) };

const addAnn = () =>
  addPerson(
    { people, trail, actor: OPERATOR },
    new FakeClock(),
    { username: "ann", groups: GROUPS },
    (error) => failures.push(error),
  );

it("a person who is added is in the groups, and nothing is incomplete", async () => {
  const { person, temporaryPassword } = await addAnn();
  expect(person).toEqual({ ...record("ann"), groups: GROUPS });
  expect(temporaryPassword).toBe(passwords.get("ann"));
  expect([done, failures]).toEqual([CALLS, []]);
});

describe.each([
  ["that is throttled", Object.assign(new Error("Rate exceeded"), { name: "TooManyRequestsException" })],
  ["without an answer", Object.assign(new Error("no answer"), { name: "TimeoutError" })],
  ["that is refused", new Refusal("not-found", "There is no such group in the user pool.")],
])("a call %s", (_name, error) => {
  it.each([
    ["join viewers", []],
    ["join editors", ["viewers"]],
    ["write done", GROUPS],
  ])("once the person is there hands the password over, with the groups joined: %s", async (name, joined) => {
    failing = { call: name, error };
    const { person, temporaryPassword } = await addAnn();
    expect(person).toEqual({ ...record("ann"), groups: joined });
    expect(temporaryPassword).toBe(passwords.get("ann"));
    expect(failures).toEqual([error]);
    expect(done).toEqual(CALLS.slice(0, CALLS.indexOf(name)));
  });

  it.each(["write begun", "create"])("before that leaves nobody, and may be sent again: %s", async (name) => {
    failing = { call: name, error };
    await expect(addAnn()).rejects.toBe(error);
    expect([passwords.size, failures]).toEqual([0, []]);
    failing = undefined;
    expect((await addAnn()).temporaryPassword).toBe(passwords.get("ann"));
  });
});

it("a name that is taken is refused, and the refusal written down", async () => {
  await addAnn();
  done = [];
  await expect(addAnn()).rejects.toMatchObject({ code: "conflict" });
  expect([done, failures]).toEqual([["write begun", "create", "write refused"], []]);
});
