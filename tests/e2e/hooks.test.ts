import { createHmac } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { LARGEST_HOOK } from "../../src/domain/hooks/hook-content.ts";
import { HOOK_SCHEMES, type HookScheme } from "../../src/domain/hooks/hook-source.ts";
import { type HookSource, hookSource } from "../../src/generated/hook-source.js";
import { hookSourceList } from "../../src/generated/hook-source-list.js";
import { demo } from "../support/demo-stack.ts";
import { type Answer, call, type Machine } from "../support/machine.ts";
import { newMachine, tenantOperations, useLocalAws } from "../support/operator.ts";
import { compiledStack } from "../support/template.ts";
import { newSecret, signedHeaders } from "../unit/hooks/signed-messages.ts";

let machine: Machine & { readonly tenant: { readonly tenantId: string } };
beforeAll(async () => {
  machine = await newMachine("premium");
});

/** Where the source's address leads to on this machine. */
const localUrl = ({ url }: Pick<HookSource, "url">) =>
  `${demo().apiUrl}${new URL(url).pathname.replace("/dev", "")}`;

async function put(name: string, body: object, status: number): Promise<HookSource> {
  const answer = await machine.call("PUT", `/v1/hook-sources/${name}`, { body });
  expect([answer.status, hookSource(answer.body)]).toEqual([status, true]);
  return answer.body as HookSource;
}

async function send(
  source: Pick<HookSource, "url">,
  scheme: HookScheme,
  secret: string,
  body = JSON.stringify({ text: crypto.randomUUID() }),
): Promise<Answer> {
  const headers = await signedHeaders(scheme, secret, { id: crypto.randomUUID(), body, at: Date.now() });
  return call(localUrl(source), "POST", { headers, body });
}

/** What was remembered of messages of the source, each with the event that tells of it. */
async function remembered(name: string): Promise<number> {
  useLocalAws();
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const table = compiledStack().outputs().DataTableName;
  const { tenantId } = machine.tenant;
  const { Items = [] } = await documents.send(
    new ScanCommand({
      TableName: table,
      FilterExpression: "begins_with(pk, :prefix)",
      ExpressionAttributeValues: { ":prefix": `${tenantId}#hook-memory#${name}#` },
    }),
  );
  return Items.length;
}

describe("a message is refused", () => {
  it("at an address that nobody has, unsigned and signed wrongly, in one way", async () => {
    const secret = newSecret("github");
    const source = await put("refusing", { scheme: "github", secret }, 201);
    const nowhere = { url: source.url.replace(/.$/, (last) => (last === "x" ? "y" : "x")) };
    const answers = [
      await send(nowhere, "github", secret),
      await send({ url: source.url.replace("refusing", "another") }, "github", secret),
      await send(source, "github", newSecret("github")),
      await send(source, "stripe", secret),
      await call(localUrl(source), "POST", { body: "{}" }),
    ];
    for (const { status, headers, body } of answers) {
      expect([status, headers.get("content-type")]).toEqual([401, "application/problem+json"]);
      expect({ ...(body as object), requestId: "" }).toEqual({
        type: "urn:gatehouse:problem:unverified-message",
        title: "The message is not verified",
        status: 401,
        detail: "No source at this address has signed this message, or not lately.",
        message: "Unauthorized",
        requestId: "",
      });
    }
    expect(await remembered("refusing")).toBe(0);
  });

  it("by any other method than POST, by the gateway", async () => {
    const source = await put("posted-to", { scheme: "standard-webhooks" }, 201);
    for (const method of ["GET", "PUT", "DELETE"])
      expect((await call(localUrl(source), method)).status).toBe(403);
  });
});

describe.each(HOOK_SCHEMES)("a source of %s", (scheme) => {
  it("is put, and takes what its third party signs, once", async () => {
    const name = `by-${scheme}`;
    const given = scheme === "standard-webhooks" ? undefined : newSecret(scheme);
    const source = await put(name, { scheme, ...(given && { secret: given }) }, 201);
    expect(source.secret === undefined).toBe(given !== undefined);
    expect(new URL(source.url).pathname).toMatch(new RegExp(`^/dev/v1/hooks/${name}/[\\w-]{32}$`));
    const secret = given ?? source.secret ?? "";
    const body = JSON.stringify({ id: crypto.randomUUID(), object: "event" });
    const headers = await signedHeaders(scheme, secret, { body, at: Date.now() });
    for (let times = 0; times < 2; times += 1)
      expect(await call(localUrl(source), "POST", { headers, body })).toMatchObject({
        status: 202,
        body: { status: "accepted" },
      });
    expect(await remembered(name)).toBe(1);
  });
});

it("what was taken, also the largest there can be, goes by the bus to those who may read it, once", async () => {
  const secret = newSecret("github");
  const source = await put("told", { scheme: "github", secret }, 201);
  for (const body of ["{}", "{}", "\u0001".repeat(LARGEST_HOOK)])
    expect((await send(source, "github", secret, body)).status).toBe(202);
  const operations = await tenantOperations();
  const tenant = await operations.find(machine.tenant.tenantId);
  const told = async () => {
    const records = await operations.audit(tenant, { limit: 100 });
    return records.filter(({ action, after }) => action === "hook.received" && after?.source === "told");
  };
  const until = Date.now() + 40_000;
  while ((await told()).length < 2 && Date.now() < until) await setTimeout(250);
  const records = await told();
  expect(records.map(({ actor }) => actor.name)).toEqual(["gatehouse.hooks", "gatehouse.hooks"]);
}, 60_000);

it("what is no text comes byte by byte, as application/octet-stream", async () => {
  const secret = newSecret("github");
  const source = await put("bytes", { scheme: "github", secret }, 201);
  const bytes = Buffer.from([0xff, 0x00, 0xfe, 0xc3, 0x28]);
  const headers = {
    "X-GitHub-Delivery": "d",
    "X-Hub-Signature-256": `sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}`,
    "Content-Type": "application/octet-stream",
  };
  const response = await fetch(localUrl(source), { method: "POST", headers, body: bytes });
  expect(response.status).toBe(202);
});

describe("who configures sources", () => {
  it("sees them without their secrets, rotates, and is refused what does not fit", async () => {
    const made = await put("rotating", { scheme: "standard-webhooks" }, 201);
    const rotated = await put("rotating", { scheme: "standard-webhooks", overlapSeconds: 60 }, 200);
    expect([rotated.url, rotated.secrets.length, rotated.secret === made.secret]).toEqual([
      made.url,
      2,
      false,
    ]);
    for (const { secret = "" } of [made, rotated])
      expect((await send(rotated, "standard-webhooks", secret)).status).toBe(202);
    const { status, body } = await machine.call("GET", "/v1/hook-sources");
    expect([status, hookSourceList(body)]).toEqual([200, true]);
    expect(JSON.stringify(body)).not.toContain("whsec_");
    for (const [name, wanted, refused] of [
      ["rotating", { scheme: "standard-webhooks" }, 409],
      ["rotating", { scheme: "github", secret: newSecret("github") }, 409],
      ["another", { scheme: "github" }, 400],
      ["another", { scheme: "hmac" }, 400],
      ["another", {}, 400],
      ["Another", { scheme: "standard-webhooks" }, 404],
    ] as const)
      expect([
        name,
        wanted,
        (await machine.call("PUT", `/v1/hook-sources/${name}`, { body: wanted })).status,
      ]).toEqual([name, wanted, refused]);
    expect((await machine.call("DELETE", "/v1/hook-sources/rotating")).status).toBe(204);
    expect((await machine.call("DELETE", "/v1/hook-sources/rotating")).status).toBe(404);
  });

  it("needs the scope tenant.manage", async () => {
    const reader = await newMachine("standard", ["tenant.read", "flights.read"]);
    for (const [method, path, body] of [
      ["GET", "/v1/hook-sources", undefined],
      ["PUT", "/v1/hook-sources/partner", { scheme: "standard-webhooks" }],
      ["DELETE", "/v1/hook-sources/partner", undefined],
    ] as const)
      expect((await reader.call(method, path, body ? { body } : {})).status).toBe(401);
  });
});
