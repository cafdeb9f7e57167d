import { describe, expect, it } from "@jest/globals";
import { removeFromGroup } from "../../src/domain/access/group-membership.ts";
import { newPassword } from "../../src/domain/access/new-password.ts";
import type { Group, People, PersonRecord } from "../../src/domain/access/people.ts";
import { Refusal } from "../../src/domain/refusal.ts";
import { systemClock } from "../../src/domain/tenancy/lease.ts";
import { OPERATOR } from "./tenancy/fakes.ts";

/** People in memory; every call takes a turn of its own, so that two callers interleave. */
class FakePeople implements People {
  readonly admins: Map<string, PersonRecord>;
  /** How many turns each call waits, drawn by the test. */
  readonly #turns: () => number;

  constructor(admins: readonly (string | PersonRecord)[], turns = () => 1) {
    const records = admins.map((admin) => (typeof admin === "string" ? person(admin) : admin));
    this.admins = new Map(records.map((admin) => [admin.username, admin]));
    this.#turns = turns;
  }

  async find(name: string) {
    await this.#wait();
    const username = name.toLowerCase();
    return { ...person(username), groups: this.admins.has(username) ? ["admin"] : [] };
  }

  async membersOf(): Promise<PersonRecord[]> {
    await this.#wait();
    return [...this.admins.values()];
  }

  async addToGroup(username: string): Promise<void> {
    await this.#wait();
    this.admins.set(username, person(username));
  }

  async removeFromGroup(username: string, _group: Group): Promise<void> {
    await this.#wait();
    this.admins.delete(username);
  }

  create(): never {
    throw new Error("nobody is created here");
  }

  setPassword(): never {
    throw new Error("nobody gets a password here");
  }

  async #wait(): Promise<void> {
    for (let turns = this.#turns(); turns > 0; turns -= 1) await Promise.resolve();
  }
}

function person(username: string, changes: Partial<PersonRecord> = {}): PersonRecord {
  return { username, sub: username, status: "CONFIRMED", enabled: true, createdAt: "", ...changes };
}

const portsOf = (people: People) => ({ people, actor: OPERATOR, trail: { append: async () => {} } });

const lastAdmin = (error: unknown) => error instanceof Refusal && error.code === "conflict";

describe("the group admin is never left without anybody who can sign in", () => {
  it.each([
    ["the only one", ["ada"]],
    ["the only one who is enabled", ["ada", person("bob", { enabled: false })]],
    [
      "the only one with a password of their own",
      ["ada", person("bob", { status: "FORCE_CHANGE_PASSWORD" })],
    ],
  ])("%s is not removed", async (_name, admins) => {
    const people = new FakePeople(admins);
    await expect(removeFromGroup(portsOf(people), systemClock, "ada", "admin")).rejects.toMatchObject({
      code: "conflict",
    });
    expect([...people.admins.keys()]).toContain("ada");
  });

  it("nor under another name of theirs", async () => {
    const people = new FakePeople(["ada"]);
    await expect(removeFromGroup(portsOf(people), systemClock, "ADA", "admin")).rejects.toMatchObject({
      code: "conflict",
    });
    expect([...people.admins.keys()]).toEqual(["ada"]);
  });

  it("whatever the order of two who remove each other at the same moment", async () => {
    for (let run = 0; run < 500; run += 1) {
      const people = new FakePeople(["ada", "bob"], () => 1 + Math.floor(Math.random() * 8));
      const outcomes = await Promise.allSettled([
        removeFromGroup(portsOf(people), systemClock, "ada", "admin"),
        removeFromGroup(portsOf(people), systemClock, "bob", "admin"),
      ]);
      expect(people.admins.size).toBeGreaterThan(0);
      for (const outcome of outcomes)
        if (outcome.status === "rejected") expect(lastAdmin(outcome.reason)).toBe(true);
    }
  });

  it("and one of two is removed", async () => {
    const people = new FakePeople(["ada", "bob"]);
    await removeFromGroup(portsOf(people), systemClock, "ada", "admin");
    expect([...people.admins.keys()]).toEqual(["bob"]);
  });
});

it("a generated password has every kind of character, and is another one each time", () => {
  const passwords = Array.from({ length: 200 }, newPassword);
  expect(new Set(passwords).size).toBe(200);
  for (const password of passwords)
    for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[-_=+.:@%]/, /^[A-Za-z]\S{23}$/])
      expect(password).toMatch(kind);
});
