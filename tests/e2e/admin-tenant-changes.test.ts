import { beforeAll, describe, expect, it } from "@jest/globals";
import { newGroupMember } from "../support/group-member.ts";
import { newMachine } from "../support/operator.ts";
import { leaveChange, untilSettled } from "../support/settler.ts";

const LIMIT_MILLISECONDS = 60_000;

let editor: Awaited<ReturnType<typeof newGroupMember>>;
let machine: Awaited<ReturnType<typeof newMachine>>;
let path: string;
beforeAll(async () => {
  editor = await newGroupMember("editors");
  machine = await newMachine("standard");
  path = `/admin/tenants/${machine.tenant.tenantId}`;
}, LIMIT_MILLISECONDS);

const patch = (body: unknown) => editor.call("PATCH", path, { body });
const extend = (body: unknown) => editor.call("POST", `${path}/quota-extensions`, { body });

describe("PATCH of a tenant refuses", () => {
  it.each([
    [{}],
    [{ plan: "gold" }],
    [{ slug: "other" }],
    [{ status: "active" }],
    [{ scopes: [] }],
    [{ limits: { rateLimit: 0 } }],
    [{ limits: { quota: { limit: 5 } } }],
    [{ limits: { quota: { limit: 5, period: "YEAR" } } }],
  ])("%j with 400", async (body) => {
    expect(await patch(body)).toMatchObject({ status: 400, body: { message: "Invalid request body" } });
  });

  it("a name that is none, with what is wrong and where", async () => {
    expect(await patch({ name: " " })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "#/name" }], requestId: expect.any(String) },
    });
  });

  it("a tenant that does not exist with 404", async () => {
    const unknown = `${path.slice(0, -4)}0000`;
    const answer = await editor.call("PATCH", unknown, { body: { name: "Other" } });
    expect(answer.status).toBe(404);
  });

  it(
    "another change while one is under way with 409 and what that is; the settler finishes that one",
    async () => {
      const { tenant } = await newMachine("standard");
      await leaveChange(tenant.slug, { plan: "premium" });
      const other = `/admin/tenants/${tenant.tenantId}`;
      expect((await editor.call("GET", other)).body).toMatchObject({ change: { plan: "premium" } });
      const answer = await editor.call("PATCH", other, { body: { plan: "trial" } });
      expect(answer).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining("is active, being changed to plan premium") },
      });
      expect((await editor.call("PATCH", other, { body: { plan: "premium" } })).status).toBe(202);
      expect(await untilSettled(tenant.slug)).toMatchObject({ plan: "premium" });
    },
    3 * LIMIT_MILLISECONDS,
  );
});

describe("an editor", () => {
  it("changes a tenant's name, plan and limits, which the gateway has at once", async () => {
    const limits = { quota: { limit: 1, period: "DAY" } };
    const changed = await patch({ name: "Changed Ltd", plan: "premium", limits });
    expect(changed).toMatchObject({
      status: 200,
      body: { name: "Changed Ltd", plan: "premium", limits, status: "active" },
    });
    const call = async () => (await machine.call("GET", "/v1/flights")).status;
    expect([await call(), await call()]).toEqual([200, 429]);
    expect(await extend({ by: 1 })).toMatchObject({
      status: 200,
      body: { before: 0, remaining: 1, limit: 1, period: "DAY" },
    });
    expect([await call(), await call()]).toEqual([200, 429]);
    const back = await patch({ limits: null });
    expect(back.status).toBe(200);
    expect(back.body).not.toHaveProperty("limits");
    expect(await call()).toBe(200);
  });

  it("is in the audit log with what was before and after", async () => {
    await patch({ name: "Renamed Ltd" });
    const { body } = await editor.call("GET", `/admin/audit?tenantId=${machine.tenant.tenantId}&limit=1`);
    expect(body).toMatchObject({
      items: [
        {
          action: "tenant.change",
          phase: "done",
          actor: { groups: ["editors"], sourceIp: expect.any(String), requestId: expect.any(String) },
          before: { name: "Changed Ltd" },
          after: { name: "Renamed Ltd" },
        },
      ],
    });
  });

  it.each([[{}], [{ by: 0 }], [{ by: 1, remaining: 1 }], [{ remaining: -1 }]])(
    "cannot extend a quota by %j",
    async (body) => {
      expect((await extend(body)).status).toBe(400);
    },
  );
});
