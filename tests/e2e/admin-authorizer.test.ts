import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { effectivePolicy } from "../../src/domain/access/effective-policy.ts";
import { acceptPolicy } from "../../src/domain/access/policy-lint.ts";
import { type EdgeUnderTest, NOW, startEdge } from "../edge/edge-under-test.ts";
import { compiledStack } from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** The gateway of the compiled template, with functions of the test's own behind it. */
let edge: EdgeUnderTest;
const stack = compiledStack();
const stageArn = String(stack.outputs().ApiStageArn);
const nameOf = (logicalId: string) => stack.resource(logicalId).physicalId;

beforeEach(async () => {
  edge = await startEdge({}, stack);
  const echo = () => ({ statusCode: 200, body: "{}" });
  for (const name of ["ManageTenants", "ManagePolicies"])
    edge.handlers[nameOf(`${name}LambdaFunction`)] = echo;
});
afterEach(() => edge.close());

/** The authorizer answers what groups of these policies may do. */
function authorizeBy(...documents: unknown[]): void {
  const groups = documents.map((_document, number) => `group-${number}`);
  const records = documents.map((document, number) => ({
    group: `group-${number}`,
    document: acceptPolicy(document, stageArn),
    version: 1,
    updatedAt: "2026-11-20T12:00:00.000Z",
    updatedBy: "tests",
  }));
  const { policy } = effectivePolicy(new Set(groups), records, stageArn);
  edge.handlers[nameOf("AuthorizeAdminLambdaFunction")] = () => ({
    principalId: "person-1",
    policyDocument: policy,
    context: { username: "ann", groups: groups.join(",") },
  });
}

const defaultPolicy = (group: string): unknown =>
  JSON.parse(readFileSync(join(ROOT, "resources", "policies", `${group}.json`), "utf8"));
const mayGetTenants = (Condition?: object) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: "execute-api:Invoke",
      Resource: "execute-api:/*/GET/admin/tenants",
      ...(Condition && { Condition }),
    },
  ],
});

const asked = () => edge.events.filter((event) => "authorizationToken" in event);

const SIGNED_IN: Record<string, string> = { authorization: "Bearer aaaa.bbbb.cccc" };

async function call(path: string, { method = "GET", headers = SIGNED_IN } = {}) {
  const response = await fetch(edge.url + path, { method, headers });
  return { status: response.status, message: ((await response.json()) as { message?: string }).message };
}
const DENIED = { status: 403, message: "User is not authorized to access this resource" };
const UNAUTHORIZED = { status: 401, message: "Unauthorized" };

describe("the admin API's gateway, as the template has it,", () => {
  it.each<[string, Record<string, string>]>([
    ["without the header", {}],
    ["with an empty header", { authorization: "" }],
    ["with what is no token", { authorization: "Bearer garbage" }],
    ["with a password", { authorization: "Basic b3BlbjpzZXNhbWU=" }],
  ])("answers a call %s 401, and calls no function", async (_what, headers) => {
    authorizeBy(defaultPolicy("admin"));
    for (const path of ["/admin/tenants", "/admin/policies"])
      expect(await call(path, { headers })).toEqual(UNAUTHORIZED);
    expect(edge.events).toEqual([]);
  });

  it("answers a token that the authorizer calls no good 401, and asks again the next time", async () => {
    edge.handlers[nameOf("AuthorizeAdminLambdaFunction")] = () => {
      throw new Error("Unauthorized");
    };
    for (let time = 1; time <= 2; time += 1) {
      expect(await call("/admin/tenants")).toEqual(UNAUTHORIZED);
      expect([asked().length, edge.events.length]).toEqual([time, time]);
    }
  });

  it.each([
    ["what is allowed first", ["GET /admin/tenants", "GET /admin/policies", "POST /admin/tenants"]],
    ["what is denied first", ["POST /admin/tenants", "GET /admin/policies", "GET /admin/tenants"]],
  ])(
    "lets a viewer GET one path and not another, nor POST it, by one answer of the authorizer: %s",
    async (_what, routes) => {
      authorizeBy(defaultPolicy("viewers"));
      for (const route of [...routes, ...routes]) {
        const [method = "", path = ""] = route.split(" ");
        const { status, message } = await call(path, { method });
        expect([route, { status, message }]).toEqual([
          route,
          route === "GET /admin/tenants" ? { status: 200, message: undefined } : DENIED,
        ]);
      }
      expect(asked()).toHaveLength(1);
    },
  );

  it("keeps the answer for a minute, and no longer", async () => {
    authorizeBy(defaultPolicy("viewers"));
    expect((await call("/admin/tenants")).status).toBe(200);
    authorizeBy(mayGetTenants({ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }));
    edge.now = NOW + 59_999;
    expect((await call("/admin/tenants")).status).toBe(200);
    edge.now = NOW + 60_000;
    expect(await call("/admin/tenants")).toEqual(DENIED);
    expect(asked()).toHaveLength(2);
  });

  it("refuses from elsewhere what a policy allows from one network, whoever came first", async () => {
    authorizeBy(mayGetTenants({ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }));
    for (const [sourceIp, status] of [
      ["203.0.113.7", 200],
      ["203.0.114.7", 403],
      ["::1", 403],
      ["203.0.113.255", 200],
    ] as const) {
      edge.from = { sourceIp };
      expect([sourceIp, (await call("/admin/tenants")).status]).toEqual([sourceIp, status]);
    }
    expect(asked()).toHaveLength(1);
  });

  it("adds up the policies of two groups, where a denial of one outweighs what the other allows", async () => {
    const denying = { ...mayGetTenants(), Statement: [{ ...mayGetTenants().Statement[0], Effect: "Deny" }] };
    authorizeBy(defaultPolicy("admin"), denying);
    expect((await call("/admin/policies")).status).toBe(200);
    expect((await call("/admin/tenants")).message).toContain("with an explicit deny");
  });
});
