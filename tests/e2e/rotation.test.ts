import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { addedSecret } from "../../src/generated/added-secret.js";
import { apiKeyList } from "../../src/generated/api-key-list.js";
import { clientSecretList } from "../../src/generated/client-secret-list.js";
import { rotatedKey } from "../../src/generated/rotated-key.js";
import { Command } from "../support/command.ts";
import { demo, demoPlace } from "../support/demo-stack.ts";
import { type GroupMember, newGroupMember } from "../support/group-member.ts";
import { type Answer, Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { untilRetired } from "../support/settler.ts";

const LIMIT_MILLISECONDS = 240_000;

let editor: GroupMember;
beforeAll(async () => {
  editor = await newGroupMember("editors");
});

const tenants = (...args: string[]) => Command.run(demoPlace(), "tenants.ts", ...args);

async function json(...args: string[]) {
  const { code, stdout, stderr } = await tenants("--json", ...args);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const problemOf = ({ status, body }: Answer) => {
  const { type, detail } = body as { type?: string; detail?: string };
  return { status, type: type?.replace("urn:gatehouse:problem:", ""), detail };
};

describe("the command line", () => {
  it(
    "adds a second secret; the first one, deleted, gets no token, and the client's live tokens are refused",
    async () => {
      const machine = await newMachine("premium");
      const { slug } = machine.tenant;
      const added = await json("secrets", "add", slug, "default", "--deadline", "7d");
      const second = await Machine.signIn(demo(), { ...machine.tenant, ...added });
      expect((await second.call("GET", "/v1/flights")).status).toBe(200);
      await Machine.signIn(demo(), machine.tenant);

      const listed = await json("secrets", "list", slug, "default");
      expect(listed).toEqual([
        { secretId: added.retiring.id, createdAt: expect.any(String), retiresAt: added.retiring.retiresAt },
        { secretId: added.secretId, createdAt: expect.any(String) },
      ]);
      expect(await tenants("secrets", "add", slug, "default")).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringContaining(`works until ${added.retiring.retiresAt}`),
      });

      const [first] = listed;
      expect(await tenants("secrets", "delete", slug, "default", first.secretId)).toMatchObject({ code: 2 });
      await json("secrets", "delete", slug, "default", first.secretId, "--yes");
      await expect(Machine.signIn(demo(), machine.tenant)).rejects.toThrow("no token");
      const deadline = Date.now() + 40_000;
      while ((await machine.call("GET", "/v1/flights")).status !== 401) {
        if (Date.now() > deadline) throw new Error("the live token is still good");
        await setTimeout(500);
      }
      expect(await tenants("secrets", "delete", slug, "default", added.secretId, "--yes")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("is the only one"),
      });
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "rotates the API key, shows it once, and says how much of the quota is left",
    async () => {
      const machine = await newMachine("trial");
      const { slug } = machine.tenant;
      expect((await machine.call("GET", "/v1/flights")).status).toBe(200);
      const { code, stdout, stderr } = await tenants("keys", "rotate", slug);
      expect([code, stderr]).toEqual([0, expect.stringContaining("9 requests")]);
      const [, apiKey = ""] = /API key {2,}(\w{66})/.exec(stdout) ?? [];
      const rotated = await Machine.signIn(demo(), { ...machine.tenant, apiKey });
      expect((await rotated.call("GET", "/v1/flights")).status).toBe(200);
      const keys = await json("keys", "list", slug);
      expect(JSON.stringify(keys)).not.toContain(apiKey);
      expect((await tenants("keys", "revoke", slug, keys[1].id, "--yes")).code).toBe(0);
      expect((await machine.call("GET", "/v1/flights")).status).toBe(403);
      expect(await json("keys", "list", slug)).toEqual([expect.objectContaining({ id: keys[0].id })]);
    },
    LIMIT_MILLISECONDS,
  );
});

describe("the admin API", () => {
  it(
    "rotates secret and key; at the deadline the settler deletes the old ones, and only the new ones work",
    async () => {
      const machine = await newMachine("premium");
      const { tenantId, slug } = machine.tenant;
      const [{ clientId }] = (await json("show", slug)).clients;
      const secrets = `/admin/tenants/${tenantId}/clients/${clientId}/secrets`;
      const keys = `/admin/tenants/${tenantId}/keys`;
      const deadline = new Date(Date.now() + 20_000).toISOString();
      const secret = await editor.call("POST", secrets, { body: { deadline } });
      const key = await editor.call("POST", keys, { body: { deadline } });
      if (!addedSecret(secret.body) || !rotatedKey(key.body))
        throw new Error(`${secret.status} ${key.status} ${JSON.stringify([secret.body, key.body])}`);
      expect([secret.status, secret.headers.get("cache-control")]).toEqual([201, "no-store"]);
      expect([key.status, key.body.retiring.retiresAt]).toEqual([201, deadline]);
      const credentials = {
        ...machine.tenant,
        clientSecret: secret.body.clientSecret,
        apiKey: key.body.apiKey,
      };
      const fresh = await Machine.signIn(demo(), credentials);
      for (const one of [machine, fresh]) expect((await one.call("GET", "/v1/flights")).status).toBe(200);
      const listed = [await editor.call("GET", secrets), await editor.call("GET", keys)];
      expect([clientSecretList(listed[0]?.body), apiKeyList(listed[1]?.body)]).toEqual([true, true]);
      expect(problemOf(await editor.call("POST", keys, { body: {} }))).toEqual({
        status: 409,
        type: "conflict",
        detail: expect.stringContaining(`works until ${deadline}`),
      });

      await untilRetired(slug);
      expect((await machine.call("GET", "/v1/flights")).status).toBe(403);
      await expect(Machine.signIn(demo(), machine.tenant)).rejects.toThrow("no token");
      expect((await fresh.call("GET", "/v1/flights")).status).toBe(200);
      await Machine.signIn(demo(), credentials);
    },
    LIMIT_MILLISECONDS,
  );

  it("refuses what makes no sense, and another tenant's client like one that does not exist", async () => {
    const [{ tenant }, { tenant: other }] = [await newMachine("standard"), await newMachine("standard")];
    const secrets = `/admin/tenants/${tenant.tenantId}/clients/${tenant.clientId}/secrets`;
    for (const deadline of ["soon", "31d", "2020-01-01T00:00:00Z"])
      expect(problemOf(await editor.call("POST", secrets, { body: { deadline } }))).toMatchObject({
        status: 400,
      });
    const foreign = `/admin/tenants/${tenant.tenantId}/clients/${other.clientId}/secrets`;
    const none = foreign.replace(other.clientId, "0".repeat(other.clientId.length));
    const answers = [await editor.call("GET", foreign), await editor.call("GET", none)].map(problemOf);
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, type: "not-found" });
    const [live] = (await json("secrets", "list", tenant.slug, "default")) as { secretId: string }[];
    const last = await editor.call("DELETE", `${secrets}/${live?.secretId}`);
    expect(problemOf(last)).toMatchObject({ status: 409, detail: expect.stringContaining("the only one") });
  });
});
