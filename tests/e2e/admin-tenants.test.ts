import { beforeAll, describe, expect, it } from "@jest/globals";
import { qualified, SCOPES } from "../../src/domain/access/scope.ts";
import { PLAN_NAMES } from "../../src/domain/tenancy/plan.ts";
import { newAppClient } from "../../src/generated/new-app-client.js";
import { newTenant as newTenantSchema } from "../../src/generated/new-tenant.js";
import { onboardedTenant } from "../../src/generated/onboarded-tenant.js";
import { tenant as tenantSchema } from "../../src/generated/tenant.js";
import { tenantChange } from "../../src/generated/tenant-change.js";
import { tenantPage } from "../../src/generated/tenant-page.js";
import { Command } from "../support/command.ts";
import { demo, demoPlace } from "../support/demo-stack.ts";
import { demoAdmin, type GroupMember, newGroupMember } from "../support/group-member.ts";
import { type Answer, call, Machine } from "../support/machine.ts";
import { beginOnboarding, newMachine } from "../support/operator.ts";
import { claimsOf } from "../support/person.ts";
import { untilSettled } from "../support/settler.ts";

const LIMIT_MILLISECONDS = 120_000;
/** The schedule's minute, and the wait of an offboarding. */
const SETTLED_LIMIT_MILLISECONDS = 240_000;

let admin: GroupMember;
let editor: GroupMember;
beforeAll(async () => {
  [admin, editor] = await Promise.all([demoAdmin(), newGroupMember("editors")]);
});

const newSlug = () => `admin-${crypto.randomUUID().slice(0, 8)}`;
const problemOf = ({ status, body }: Answer) => {
  const { type, detail } = body as { type?: string; detail?: string };
  return { status, type: type?.replace("urn:gatehouse:problem:", ""), detail };
};

async function onboard(by: GroupMember, body: object) {
  const answer = await by.call("POST", "/admin/tenants", { body });
  if (!onboardedTenant(answer.body))
    throw new Error(`not onboarded: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { ...answer, body: answer.body };
}

describe("POST /admin/tenants", () => {
  it("onboards a tenant: 201, where it is, and credentials that work, told this once", async () => {
    const slug = newSlug();
    const wanted = {
      slug,
      name: "Skies Ltd",
      plan: "standard",
      scopes: ["airline/flights.read", "tenant.read"],
    };
    const { status, headers, body } = await onboard(editor, wanted);
    expect([status, headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect(body).toMatchObject({ ...wanted, scopes: ["flights.read", "tenant.read"], status: "active" });

    const location = headers.get("location") ?? "";
    expect(location).toBe(`/dev/admin/tenants/${body.tenantId}`);
    const found = await admin.call("GET", location.replace(/^\/dev/, ""));
    const { clientId: _id, clientSecret, apiKey, ...tenant } = body;
    expect([found.status, found.body]).toEqual([200, tenant]);

    const machine = await Machine.signIn(demo(), body);
    expect(claimsOf(machine.token)).toMatchObject({
      gatehouse_tenant: body.tenantId,
      scope: "airline/flights.read airline/tenant.read",
    });
    expect((await machine.call("GET", "/v1/tenant")).body).toMatchObject({ slug, name: "Skies Ltd" });
    const seen = JSON.stringify((await admin.call("GET", `/admin/tenants?slugPrefix=${slug}`)).body);
    for (const secret of [clientSecret, apiKey]) expect(seen).not.toContain(secret);
  });

  it("of a slug that is taken answers 409 with the state of its tenant, and changes nothing", async () => {
    const wanted = { slug: newSlug(), plan: "trial" };
    const { body } = await onboard(admin, wanted);
    const path = `/admin/tenants/${body.tenantId}`;
    const refused = problemOf(await admin.call("POST", "/admin/tenants", { body: wanted }));
    expect(refused).toMatchObject({
      status: 409,
      type: "conflict",
      detail: expect.stringContaining("is active"),
    });
    await admin.call("POST", `${path}/suspend`);
    const again = problemOf(await admin.call("POST", "/admin/tenants", { body: wanted }));
    expect(again.detail).toContain("is suspended");
  });

  it("of two at the same moment makes one tenant", async () => {
    const wanted = { slug: newSlug(), plan: "trial" };
    const post = () => admin.call("POST", "/admin/tenants", { body: wanted });
    const answers = await Promise.all([post(), post(), post()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it("finishes an onboarding that was left, with new credentials; with other settings it is 409", async () => {
    const slug = newSlug();
    const left = await beginOnboarding(slug, "trial");
    const other = await admin.call("POST", "/admin/tenants", { body: { slug, plan: "premium" } });
    expect(problemOf(other)).toMatchObject({
      status: 409,
      detail: expect.stringContaining("was begun with"),
    });
    const { body } = await onboard(admin, { slug, plan: "trial" });
    expect(body.clientId).not.toBe(left.clientId);
    expect((await (await Machine.signIn(demo(), body)).call("GET", "/v1/tenant")).status).toBe(200);
    await expect(Machine.signIn(demo(), left)).rejects.toThrow("no token: 400");
  });

  it.each<[string, object]>([
    ["no slug", { plan: "trial" }],
    ["a slug with a capital letter", { slug: "Acme", plan: "trial" }],
    ["no plan", { slug: "acme-one" }],
    ["a plan that is none", { slug: "acme-one", plan: "gold" }],
    ["no scope", { slug: "acme-one", plan: "trial", scopes: [] }],
    ["a scope that is none", { slug: "acme-one", plan: "trial", scopes: ["flights.delete"] }],
    ["an id of the caller's choice", { slug: "acme-one", plan: "trial", tenantId: "ten_1" }],
  ])("is refused by the gateway's model with %s", async (_what, body) => {
    const answer = await admin.call("POST", "/admin/tenants", { body });
    expect(problemOf(answer)).toMatchObject({ status: 400, type: "invalid-body" });
  });

  it("is told by the function what the model cannot say, and where", async () => {
    const body = { slug: "acme-one", plan: "trial", name: " " };
    const answer = await admin.call("POST", "/admin/tenants", { body });
    expect(problemOf(answer)).toMatchObject({ status: 400, type: "invalid" });
    expect(answer.body).toMatchObject({ errors: [{ pointer: "#/name" }] });
  });

  it("has in its model the plans that there are", () => {
    for (const plan of PLAN_NAMES)
      expect([plan, newTenantSchema({ slug: "acme", plan })]).toEqual([plan, true]);
  });

  it("and the models of a client and of a tenant's change know the scopes that there are, in both forms", () => {
    for (const scopes of [[...SCOPES], SCOPES.map(qualified)]) {
      expect(newTenantSchema({ slug: "acme", plan: "trial", scopes })).toBe(true);
      expect(newAppClient({ label: "a", scopes })).toBe(true);
      expect(tenantChange({ scopes })).toBe(true);
    }
  });
});

describe("suspending and resuming", () => {
  it("shut a tenant out at its very next call, and let it in again, each as often as asked", async () => {
    const machine = await newMachine("premium");
    const path = `/admin/tenants/${machine.tenant.tenantId}`;
    const keyIsGood = async () => (await machine.call("GET", "/v1/tenant")).status !== 403;
    expect(await keyIsGood()).toBe(true);
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await editor.call("POST", `${path}/suspend`);
      expect([status, tenantSchema(body) && body.status]).toEqual([200, "suspended"]);
      expect(await keyIsGood()).toBe(false);
    }
    await expect(Machine.signIn(demo(), machine.tenant)).rejects.toThrow("no token: 400");
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await editor.call("POST", `${path}/resume`);
      expect([status, tenantSchema(body) && body.status]).toEqual([200, "active"]);
    }
    const again = await Machine.signIn(demo(), machine.tenant);
    expect((await again.call("GET", "/v1/tenant")).status).toBe(200);
  });

  it("of a tenant that is still being onboarded are refused with its state", async () => {
    const { tenantId } = await beginOnboarding(newSlug(), "trial");
    for (const change of ["suspend", "resume"]) {
      const answer = problemOf(await admin.call("POST", `/admin/tenants/${tenantId}/${change}`));
      expect(answer).toMatchObject({ status: 409, detail: expect.stringContaining("is provisioning") });
    }
  });
});

describe("DELETE /admin/tenants/{tenantId}", () => {
  it(
    "shuts the tenant out at once, is 202, and ends in a tombstone that keeps the slug",
    async () => {
      const machine = await newMachine("premium");
      const { slug, tenantId } = machine.tenant;
      const path = `/admin/tenants/${tenantId}`;
      expect((await machine.call("GET", "/v1/tenant")).status).toBe(200);
      for (let time = 0; time < 2; time += 1) {
        const { status, body } = await admin.call("DELETE", path);
        expect([status, tenantSchema(body), body]).toEqual([
          202,
          true,
          expect.objectContaining({ status: "deleting", transition: "offboard" }),
        ]);
      }
      expect((await machine.call("GET", "/v1/tenant")).status).toBe(403);
      await expect(Machine.signIn(demo(), machine.tenant)).rejects.toThrow("no token: 400");
      expect((await admin.call("GET", path)).body).toMatchObject({ status: "deleting" });
      const resumed = await admin.call("POST", `${path}/resume`);
      expect(problemOf(resumed)).toMatchObject({
        status: 409,
        detail: expect.stringContaining("is deleting"),
      });

      await untilSettled(slug);
      const tombstone = await admin.call("GET", path);
      expect([tombstone.status, tombstone.body]).toEqual([
        200,
        expect.objectContaining({ tenantId, slug, status: "deleted" }),
      ]);
      expect((await admin.call("GET", `${path}/clients`)).body).toEqual({ items: [], cursor: null });
      const again = await admin.call("POST", "/admin/tenants", { body: { slug, plan: "trial" } });
      expect(problemOf(again)).toMatchObject({ status: 409, detail: expect.stringContaining("is deleted") });
      expect((await admin.call("DELETE", path)).body).toMatchObject({ status: "deleted" });
    },
    SETTLED_LIMIT_MILLISECONDS,
  );
});

it.each([
  ["GET", ""],
  ["DELETE", ""],
  ["POST", "/suspend"],
  ["POST", "/resume"],
])("%s of a tenant that does not exist, or by what is no id%s, is the same 404", async (method, end) => {
  const answers = [];
  for (const id of ["ten_01JD0000000000000000000000", "skyways", "%20", "ten_..%2Faudit"]) {
    const { status, body } = await admin.call(method, `/admin/tenants/${id}${end}`);
    const { type, requestId: _its, detail: _its2, ...rest } = body as Record<string, unknown>;
    answers.push({ status, type, ...rest });
  }
  expect(answers[0]).toMatchObject({ status: 404, type: "urn:gatehouse:problem:not-found" });
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});

describe("GET /admin/tenants", () => {
  const list = async (query: string) => {
    const { status, body } = await admin.call("GET", `/admin/tenants?${query}`);
    if (!tenantPage(body)) throw new Error(`no page of tenants: ${status} ${JSON.stringify(body)}`);
    return body;
  };

  it(
    "gives all of a prefix page by page, each once, in the order of their slugs",
    async () => {
      const prefix = newSlug();
      const slugs = ["-c", "a", "-b", "", "-a"].map((end) => `${prefix}${end}`);
      for (const slug of slugs) await onboard(admin, { slug, plan: "trial" });
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor ? `&cursor=${cursor}` : "";
        const page = await list(`slugPrefix=${prefix}&limit=2${query}`);
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...page.items.map(({ slug }) => slug));
        cursor = page.cursor;
      } while (cursor);
      expect(seen).toEqual([...slugs].sort());
    },
    LIMIT_MILLISECONDS,
  );

  it("filters by status and plan", async () => {
    const prefix = newSlug();
    const { body } = await onboard(admin, { slug: `${prefix}-a`, plan: "trial" });
    await onboard(admin, { slug: `${prefix}-b`, plan: "standard" });
    await admin.call("POST", `/admin/tenants/${body.tenantId}/suspend`);
    const slugs = async (query: string) =>
      (await list(`slugPrefix=${prefix}&${query}`)).items.map(({ slug }) => slug);
    expect(await slugs("status=suspended")).toEqual([`${prefix}-a`]);
    expect(await slugs("plan=standard")).toEqual([`${prefix}-b`]);
    expect(await slugs("status=suspended&plan=standard")).toEqual([]);
  });

  it("takes another list's cursor for a position and no more: the prefix still holds", async () => {
    const prefix = newSlug();
    await onboard(admin, { slug: prefix, plan: "trial" });
    const before = Buffer.from("a").toString("base64url");
    expect((await list(`slugPrefix=${prefix}&cursor=${before}`)).items.map(({ slug }) => slug)).toEqual([
      prefix,
    ]);
    const after = Buffer.from("zz").toString("base64url");
    expect(await list(`slugPrefix=${prefix}&cursor=${after}`)).toEqual({ items: [], cursor: null });
  });

  it.each(["limit=0", "limit=101", "status=gone", "plan=gold", "slugPrefix=A", "cursor=%21", "frob=1"])(
    "refuses %s",
    async (query) => {
      expect(problemOf(await admin.call("GET", `/admin/tenants?${query}`))).toMatchObject({
        status: 400,
        type: "invalid-parameters",
      });
    },
  );
});

it(
  "the audit log names the person, the groups, the address and the request of a change by the API",
  async () => {
    const slug = newSlug();
    const { body, headers } = await onboard(editor, { slug, plan: "trial" });
    const { stdout } = await Command.run(demoPlace(), "tenants.ts", "--json", "audit", "--tenant", slug);
    const records = JSON.parse(stdout) as { phase: string; actor: object }[];
    expect(records.map(({ phase }) => phase)).toEqual(["done", "begun"]);
    const { sub, username } = claimsOf(editor.tokens.accessToken);
    for (const { actor } of records)
      expect(actor).toEqual({
        id: sub,
        name: username,
        groups: ["editors"],
        sourceIp: "127.0.0.1",
        requestId: headers.get("x-amzn-requestid"),
      });
    for (const secret of [body.clientSecret, body.apiKey]) expect(stdout).not.toContain(secret);
  },
  LIMIT_MILLISECONDS,
);

it("a tenant's machine is let in to nothing of it, whatever its scopes", async () => {
  const machine = await newMachine("premium");
  const path = `${demo().apiUrl}/admin/tenants/${machine.tenant.tenantId}`;
  const answer = await call(path, "GET", { headers: machine.authorization });
  expect(answer.status).toBe(401);
});
