import { beforeEach, describe, expect, it } from "@jest/globals";
import { addPerson } from "../../src/domain/access/add-person.ts";
import { addToGroup, removeFromGroup } from "../../src/domain/access/group-membership.ts";
import type { NewPerson, People, PersonWithGroups } from "../../src/domain/access/people.ts";
import { setPassword } from "../../src/domain/access/set-password.ts";
import type { AuditRecord } from "../../src/domain/audit.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { FakeClock, OPERATOR } from "./tenancy/fakes.ts";

/** Everything that is done to the world, in its order: changes of people, and records of them. */
let events: (string | AuditRecord)[];
let people: Map<string, PersonWithGroups>;
/** Thrown instead of the change of that name. */
let failing: { readonly call: string; readonly error: Error } | undefined;

beforeEach(() => {
  events = [];
  people = new Map();
  failing = undefined;
  for (const [username, groups] of [
    ["ada", ["admin"]],
    ["bob", ["viewers"]],
  ] as const)
    people.set(username, personOf({ username, groups }));
});

function personOf({ username, groups }: NewPerson): PersonWithGroups {
  return { username, sub: `sub-${username}`, status: "CONFIRMED", enabled: true, createdAt: "", groups };
}

function changes(call: string): void {
  if (failing?.call === call) throw failing.error;
  events.push(call);
}

function named(name: string): PersonWithGroups {
  const person = people.get(name.toLowerCase());
  if (!person) throw new Refusal("not-found", "There is no such user.");
  return person;
}

const world: People = {
  find: async (name) => named(name),
  membersOf: async (group) => [...people.values()].filter(({ groups }) => groups.includes(group)),
  create: async (person) => {
    changes("create");
    const created = personOf({ ...person, groups: [] });
    people.set(person.username, created);
    return created;
  },
  addToGroup: async (username, group) => {
    changes("addToGroup");
    const person = named(username);
    people.set(username, { ...person, groups: [...person.groups, group] });
  },
  removeFromGroup: async (username, group) => {
    changes("removeFromGroup");
    const person = named(username);
    people.set(username, { ...person, groups: person.groups.filter((one) => one !== group) });
  },
  setPassword: async () => changes("setPassword"),
};

const ports = {
  actor: OPERATOR,
  people: world,
  trail: {
    append: async (record: AuditRecord) => {
      if (failing?.call === "append") throw failing.error;
      events.push(record);
    },
  },
};
const clock = new FakeClock();

const record = (action: string, username: string, phase: string, states: object = {}) =>
  expect.objectContaining({ action, username, phase, actor: OPERATOR, ...states });

describe("a change of a person stands between two records of it:", () => {
  it("a new person", async () => {
    const cy: NewPerson = { username: "cy", email: "cy@example.com", groups: ["viewers"] };
    const { temporaryPassword } = await addPerson(ports, clock, cy, () => undefined);
    expect(events).toEqual([
      record("person.create", "cy", "begun", { before: {}, after: { groups: ["viewers"] } }),
      "create",
      "addToGroup",
      record("person.create", "cy", "done", { after: { groups: ["viewers"] } }),
    ]);
    expect(JSON.stringify(events)).not.toContain(temporaryPassword);
    expect(JSON.stringify(events)).not.toContain("example.com");
  });

  it("a new password, which is in neither", async () => {
    await setPassword(ports, clock, "BOB", "Horse-battery-1", { permanent: false });
    const after = { status: "FORCE_CHANGE_PASSWORD" };
    expect(events).toEqual([
      record("person.setPassword", "bob", "begun", { before: { status: "CONFIRMED" }, after }),
      "setPassword",
      record("person.setPassword", "bob", "done", { after }),
    ]);
    expect(JSON.stringify(events)).not.toContain("Horse-battery-1");
  });

  it("a group more", async () => {
    expect(await addToGroup(ports, clock, "bob", "editors")).toMatchObject({
      groups: ["viewers", "editors"],
    });
    const states = { before: { groups: ["viewers"] }, after: { groups: ["viewers", "editors"] } };
    expect(events).toEqual([
      record("person.addGroup", "bob", "begun", states),
      "addToGroup",
      record("person.addGroup", "bob", "done", { after: states.after }),
    ]);
  });

  it("a group less", async () => {
    await removeFromGroup(ports, clock, "bob", "viewers");
    expect(events).toEqual([
      record("person.removeGroup", "bob", "begun", {
        before: { groups: ["viewers"] },
        after: { groups: [] },
      }),
      "removeFromGroup",
      record("person.removeGroup", "bob", "done", { after: { groups: [] } }),
    ]);
  });
});

describe("a change of a person that", () => {
  const change = () => addToGroup(ports, clock, "bob", "editors");

  it("cannot be written down is not done", async () => {
    failing = { call: "append", error: new Error("no table") };
    await expect(change()).rejects.toThrow("no table");
    expect(events).toEqual([]);
  });

  it("Cognito refuses is written down as refused", async () => {
    failing = { call: "addToGroup", error: new Refusal("invalid", "no") };
    await expect(change()).rejects.toThrow("no");
    expect(events).toEqual([
      record("person.addGroup", "bob", "begun"),
      record("person.addGroup", "bob", "refused"),
    ]);
  });

  it("has an unknown outcome leaves its beginning alone", async () => {
    failing = { call: "addToGroup", error: new Error("timed out") };
    await expect(change()).rejects.toThrow("timed out");
    expect(events).toEqual([record("person.addGroup", "bob", "begun")]);
  });

  it("our own rule refuses leaves no record, since nothing was begun", async () => {
    await expect(removeFromGroup(ports, clock, "ada", "admin")).rejects.toMatchObject({ code: "conflict" });
    expect(events).toEqual([]);
  });
});
