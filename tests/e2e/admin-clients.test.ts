import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { addedClient } from "../../src/generated/added-client.js";
import { appClient } from "../../src/generated/app-client.js";
import { appClientPage } from "../../src/generated/app-client-page.js";
import { usageReport } from "../../src/generated/usage-report.js";
import { demo } from "../support/demo-stack.ts";
import { demoAdmin, type GroupMember, newGroupMember } from "../support/group-member.ts";
import { type Answer, Machine } from "../support/machine.ts";
import { beginAddingClient, newMachine } from "../support/operator.ts";
import { claimsOf } from "../support/person.ts";

const LIMIT_MILLISECONDS = 60_000;

let admin: GroupMember;
let editor: GroupMember;
let machine: Awaited<ReturnType<typeof newMachine>>;
let path: string;
beforeAll(async () => {
  [admin, editor] = await Promise.all([demoAdmin(), newGroupMember("editors")]);
  machine = await newMachine("premium", ["flights.read", "flights.write", "tenant.read"]);
  path = `/admin/tenants/${machine.tenant.tenantId}`;
});

const problemOf = ({ status, body }: Answer) => {
  const { type, detail } = body as { type?: string; detail?: string };
  return { status, type: type?.replace("urn:gatehouse:problem:", ""), detail };
};

async function add(body: object) {
  const answer = await editor.call("POST", `${path}/clients`, { body });
  if (!addedClient(answer.body))
    throw new Error(`not added: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { ...answer, body: answer.body };
}

describe("a tenant's clients", () => {
  it("are added with a secret that works and is told once, listed, and read one by one", async () => {
    const { status, headers, body } = await add({ label: "reporting", scopes: ["airline/flights.read"] });
    const { clientSecret, ...client } = body;
    expect([status, client.label, client.scopes]).toEqual([201, "reporting", ["flights.read"]]);
    expect(headers.get("location")).toBe(`/dev${path}/clients/${client.clientId}`);
    const { apiKey } = machine.tenant;
    const reporting = await Machine.signIn(demo(), { clientId: client.clientId, clientSecret, apiKey });
    expect(claimsOf(reporting.token)).toMatchObject({ scope: "airline/flights.read" });

    const list = await admin.call("GET", `${path}/clients`);
    expect([list.status, appClientPage(list.body)]).toEqual([200, true]);
    expect(list.body).toMatchObject({ items: expect.arrayContaining([client]), cursor: null });
    const one = await admin.call("GET", `${path}/clients/${client.clientId}`);
    expect([one.status, appClient(one.body), one.body]).toEqual([200, true, client]);
    for (const { body: seen } of [list, one]) expect(JSON.stringify(seen)).not.toContain(clientSecret);
  });

  it("get a label of their own each where none is given, also at the same moment", async () => {
    const added = await Promise.all([add({}), add({}), add({})]);
    const labels = new Set(added.map(({ body }) => body.label));
    expect([...labels].filter((label) => /^client-\d+$/.test(label))).toHaveLength(3);
  });

  it("get no label twice, and no scope that the tenant has not", async () => {
    const taken = await editor.call("POST", `${path}/clients`, { body: { label: "default" } });
    expect(problemOf(taken)).toMatchObject({ status: 409, detail: expect.stringContaining('"default"') });
    const body = { label: "greedy", scopes: ["loyalty.read"] };
    const greedy = await editor.call("POST", `${path}/clients`, { body });
    expect(problemOf(greedy)).toMatchObject({
      status: 400,
      detail: expect.stringContaining("does not have the scope"),
    });
  });

  it.each<[string, object]>([
    ["a label with a space", { label: "a b" }],
    ["no scope", { label: "a", scopes: [] }],
    ["a secret of the caller's choice", { label: "a", clientSecret: "x" }],
  ])("are refused by the gateway's model with %s", async (_what, body) => {
    const answer = await editor.call("POST", `${path}/clients`, { body });
    expect(problemOf(answer)).toMatchObject({ status: 400, type: "invalid-body" });
  });

  it("that a crash left half made are made anew", async () => {
    const left = await beginAddingClient(machine.tenant.slug, "crashed");
    const { body } = await add({ label: "crashed" });
    expect(body.clientId).not.toBe(left);
  });

  it(
    "are deleted by id alone, and their live tokens are refused within 30 s",
    async () => {
      const { body } = await add({ label: "leaver" });
      const { apiKey } = machine.tenant;
      const leaver = await Machine.signIn(demo(), { ...body, apiKey });
      expect((await leaver.call("GET", "/v1/tenant")).status).toBe(200);
      expect((await editor.call("DELETE", `${path}/clients/leaver`)).status).toBe(404);
      const deleted = await editor.call("DELETE", `${path}/clients/${body.clientId}`);
      expect([deleted.status, deleted.body]).toEqual([204, ""]);
      await expect(Machine.signIn(demo(), { ...body, apiKey })).rejects.toThrow("no token: 400");
      expect((await editor.call("DELETE", `${path}/clients/${body.clientId}`)).status).toBe(404);
      const begun = Date.now();
      while ((await leaver.call("GET", "/v1/tenant")).status !== 401) {
        expect(Date.now() - begun).toBeLessThan(30_000);
        await setTimeout(500);
      }
      expect((await machine.call("GET", "/v1/tenant")).status).toBe(200);
    },
    LIMIT_MILLISECONDS,
  );

  it("of another tenant are like none at all", async () => {
    const other = await newMachine("trial");
    const foreign = `${path}/clients/${other.tenant.clientId}`;
    const none = await admin.call("GET", `${path}/clients/none`);
    for (const method of ["GET", "DELETE"]) {
      const answer = await admin.call(method, foreign);
      expect(problemOf(answer)).toEqual(problemOf(none));
    }
    expect((await Machine.signIn(demo(), other.tenant)).token).toBeDefined();
  });
});

describe("a tenant's usage", () => {
  it("is told by day, as the tenant itself sees it", async () => {
    await machine.call("GET", "/v1/tenant");
    const { status, body } = await admin.call("GET", `${path}/usage`);
    if (!usageReport(body)) throw new Error("the answer is no usage report");
    expect([status, body.items.at(-1)?.date]).toEqual([200, new Date().toISOString().slice(0, 10)]);
    expect(body.items.at(-1)?.used).toBeGreaterThan(0);
  });

  it.each(["from=yesterday", "from=2026-02-30", "from=2026-03-02&to=2026-03-01", "frob=1"])(
    "is refused for %s",
    async (query) => {
      expect((await admin.call("GET", `${path}/usage?${query}`)).status).toBe(400);
    },
  );
});

describe("the audit log", () => {
  const read = async (query: string) => {
    const { auditPage } = await import("../../src/generated/audit-page.js");
    const { status, body } = await admin.call("GET", `/admin/audit?${query}`);
    if (!auditPage(body)) throw new Error(`no page: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  const walk = async (query: string) => {
    const seen: object[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await read(`${query}${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items);
      cursor = page.cursor;
    }
    return seen;
  };

  it("is read page by page, of everything and of one tenant, and gives the same as one large page", async () => {
    const { tenantId } = machine.tenant;
    const { items } = await read(`tenantId=${tenantId}&limit=100`);
    expect(items.length).toBeGreaterThan(4);
    expect(await walk(`tenantId=${tenantId}&limit=3`)).toEqual(items);
    const { sub } = claimsOf(editor.tokens.accessToken);
    const own = await walk(`actor=${sub}&limit=5`);
    expect(own).toEqual(items.filter(({ actor }) => actor.id === sub));
  });

  it("tells of people and policies too", async () => {
    const body = JSON.parse(
      '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"execute-api:/*/*/admin/*"}]}',
    );
    const group = `audited-${process.pid}`;
    expect((await admin.call("PUT", `/admin/policies/${group}`, { body })).status).toBe(201);
    const { items } = await read("limit=20");
    expect(items).toContainEqual(expect.objectContaining({ action: "policy.put", group }));
  });

  it.each(["tenantId=skyways", "cursor=bm9uc2Vuc2U", "limit=0", "from=2020-01-01&to=2026-01-01", "all=1"])(
    "is refused for %s",
    async (query) => {
      const answer = await admin.call("GET", `/admin/audit?${query}`);
      expect(problemOf(answer)).toMatchObject({ status: 400 });
    },
  );
});
