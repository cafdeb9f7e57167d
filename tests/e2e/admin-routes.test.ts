import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Validator } from "../../src/generated/validator.d.ts";
import { demo } from "../support/demo-stack.ts";
import { signedByPool } from "../support/forged-token.ts";
import { demoAdmin, newGroupMember } from "../support/group-member.ts";
import { invoke } from "../support/invoke.ts";
import { type Answer, call } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { claimsOf } from "../support/person.ts";
import { compiledStack, type RestRoute, routesUnder } from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const LIMIT_MILLISECONDS = 60_000;

/**
 * Every route of the admin API: the least group that may use it, how it is called, and what whoever may is
 * answered, the same each time. In a path `{tenantId}` is a tenant's that is there. A new route without a row
 * fails a test below.
 */
const ROWS: Readonly<Record<string, Row>> = {
  "GET /admin/policies": { least: "admin", status: 200 },
  "GET /admin/policies/{group}": { least: "admin", path: "/admin/policies/viewers", status: 200 },
  "PUT /admin/policies/{group}": {
    least: "admin",
    path: "/admin/policies/nobodys",
    body: { Version: "1", Statement: [{}] },
    status: 400,
  },
  "GET /admin/tenants": { least: "viewers", status: 200 },
  "POST /admin/tenants": { least: "editors", body: { slug: "skyways", plan: "trial" }, status: 409 },
  "GET /admin/tenants/{tenantId}": { least: "viewers", status: 200 },
  "DELETE /admin/tenants/{tenantId}": { least: "admin", path: "/admin/tenants/ten_none", status: 404 },
  "PATCH /admin/tenants/{tenantId}": { least: "editors", body: { name: "The same" }, status: 200 },
  "POST /admin/tenants/{tenantId}/quota-extensions": {
    least: "editors",
    body: { remaining: 1000 },
    status: 200,
  },
  "POST /admin/tenants/{tenantId}/suspend": { least: "editors", status: 200 },
  "POST /admin/tenants/{tenantId}/resume": { least: "editors", status: 200 },
  "GET /admin/tenants/{tenantId}/clients": { least: "viewers", status: 200 },
  "POST /admin/tenants/{tenantId}/clients": { least: "editors", body: { label: "default" }, status: 409 },
  // None of this id is there, so that each time is like the first.
  "GET /admin/tenants/{tenantId}/clients/{clientId}": { least: "viewers", status: 404 },
  "DELETE /admin/tenants/{tenantId}/clients/{clientId}": { least: "editors", status: 404 },
  "GET /admin/tenants/{tenantId}/usage": { least: "viewers", status: 200 },
  "GET /admin/audit": { least: "viewers", status: 200 },
  "GET /admin/tenants/{tenantId}/clients/{clientId}/secrets": { least: "viewers", status: 404 },
  "POST /admin/tenants/{tenantId}/clients/{clientId}/secrets": { least: "editors", body: {}, status: 404 },
  "DELETE /admin/tenants/{tenantId}/clients/{clientId}/secrets/{secretId}": { least: "editors", status: 404 },
  "GET /admin/tenants/{tenantId}/keys": { least: "viewers", status: 200 },
  "POST /admin/tenants/{tenantId}/keys": { least: "editors", body: { deadline: "soon" }, status: 400 },
  "DELETE /admin/tenants/{tenantId}/keys/{keyId}": { least: "editors", status: 404 },
};

type Group = "viewers" | "editors" | "admin";

interface Row {
  readonly least: Group;
  /** The route's own when left out. */
  readonly path?: string;
  readonly body?: object;
  readonly status: number;
}

const GROUPS: readonly Group[] = ["viewers", "editors", "admin"];
const may = (group: Group, { least }: Row) => GROUPS.indexOf(group) >= GROUPS.indexOf(least);

const UNAUTHORIZED = { status: 401, type: "unauthorized", message: "Unauthorized" };
const DENIED = {
  status: 403,
  type: "access-denied",
  message: "User is not authorized to access this resource",
};
const EXPLICITLY_DENIED = { ...DENIED, message: expect.stringContaining("with an explicit deny") };
/** Let in by the gateway, refused by the function. */
const NOT_IN_GROUP = { status: 403, type: "not-in-group", message: "Forbidden" };

const problemOf = ({ status, body }: Pick<Answer, "status" | "body">) => {
  const { type, message } = body as { type?: string; message?: string };
  return { status, type: type?.replace("urn:gatehouse:problem:", ""), message };
};

let tenantId: string;
/** Access tokens by the group of their holder. */
let tokens: Readonly<Record<Group, string>>;
/** Of somebody in a group of its own whose policy allows everything. */
let customToken: string;
/** Tokens that are none of a person's, or none at all. */
let strangers: Readonly<Record<string, string | undefined>>;
/** Access tokens of people whom their groups together give nothing. */
let without: Readonly<Record<string, string>>;

const tokenOfGroups = async (...groups: string[]) => (await newGroupMember(...groups)).tokens.accessToken;

beforeAll(async () => {
  const admin = await demoAdmin();
  const { accessToken, idToken } = admin.tokens;
  tokens = {
    viewers: await tokenOfGroups("viewers"),
    editors: await tokenOfGroups("editors"),
    admin: accessToken,
  };
  const group = `routes-${process.pid}`;
  const statement = {
    Effect: "Allow",
    Action: "execute-api:Invoke",
    Resource: "execute-api:/*/*/admin/*",
  };
  const body = { Version: "2012-10-17", Statement: [statement] };
  expect((await admin.call("PUT", `/admin/policies/${group}`, { body })).status).toBe(201);
  customToken = await tokenOfGroups(group);
  const machine = await newMachine("standard");
  tenantId = machine.tenant.tenantId;
  const expired = { ...claimsOf(accessToken), iat: 1_700_000_000, exp: 1_700_003_600 };
  strangers = {
    nobody: undefined,
    "an empty token": "",
    garbage: "Bearer garbage",
    "three parts of garbage": "Bearer a.b.c",
    "an altered token": `Bearer ${accessToken.slice(0, -4)}AAAA`,
    "a tenant's machine": `Bearer ${machine.token}`,
    "an admin's ID token": `Bearer ${idToken}`,
    "an admin's expired token": `Bearer ${await signedByPool(expired)}`,
  };
  without = {
    "somebody in no group": await tokenOfGroups(),
    "somebody in a group without a policy": await tokenOfGroups(`${group}-none`),
    "a viewer in one, too": await tokenOfGroups("viewers", `${group}-none`),
  };
}, LIMIT_MILLISECONDS);

const methodOf = (route: string) => route.split(" ")[0] ?? "";
const resourceOf = (route: string) => route.split(" ")[1] ?? "";
const pathOf = (route: string, { path = resourceOf(route) }: Row) =>
  path.replace("{tenantId}", tenantId).replaceAll(/[{}]/g, "");

async function answerTo(route: string, row: Row, authorization: string | undefined) {
  const headers = { Authorization: authorization };
  const url = `${demo().apiUrl}${pathOf(route, row)}`;
  return problemOf(await call(url, methodOf(route), { body: row.body, headers }));
}

interface Contract {
  readonly groups: readonly string[];
  readonly body: Validator<unknown> | undefined;
}

/** What the function behind a route demands by itself. */
async function contractOf(route: RestRoute): Promise<Contract> {
  const { Handler } = compiledStack().resource(route.function).properties;
  const file = `${String(Handler).replace(/\.handler$/, "")}.ts`;
  const { handler } = await import(pathToFileURL(join(ROOT, file)).href);
  const endpoint = handler.endpoints[`${route.method} ${route.path}`];
  if (!endpoint) throw new Error(`${file} has no endpoint for ${route.method} ${route.path}`);
  return endpoint.contract;
}

describe("every route of the admin API", () => {
  it("has a row here", () => {
    const routes = routesUnder("admin").map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(ROWS).sort()).toEqual(routes.sort());
  });

  it("has the Lambda authorizer, no API key, and a function that asks for the row's group itself", async () => {
    for (const route of routesUnder("admin")) {
      const { properties, authorizer } = route;
      const row = ROWS[`${route.method} ${route.path}`];
      expect(properties.AuthorizationType).toBe("CUSTOM");
      expect(authorizer).toBe("AdminAuthorizer");
      expect(properties.ApiKeyRequired ?? false).toBe(false);
      const { groups } = await contractOf(route);
      expect([route.path, groups]).toEqual([route.path, GROUPS.filter((group) => row && may(group, row))]);
    }
  });

  it("that takes a body has a model, validated, and it is the schema of the function's validator", async () => {
    for (const route of routesUnder("admin")) {
      const { body } = await contractOf(route);
      expect([route.path, route.model !== undefined]).toEqual([route.path, body !== undefined]);
      if (!route.model) continue;
      const { Schema } = compiledStack().resource(route.model).properties as { Schema: { title: string } };
      const file = Schema.title.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase();
      expect(Schema).toEqual(JSON.parse(readFileSync(join(ROOT, "schemas", `${file}.json`), "utf8")));
      const validators = await import(pathToFileURL(join(ROOT, "src", "generated", `${file}.js`)).href);
      expect(Object.values(validators)).toEqual([body]);
      expect(route.properties.RequestValidatorId).toBeDefined();
    }
  });
});

describe.each(Object.entries(ROWS))("%s", (route, row) => {
  it("is 401 to whoever is not one of the provider's people", async () => {
    for (const [who, authorization] of Object.entries(strangers))
      expect([who, await answerTo(route, row, authorization)]).toEqual([who, UNAUTHORIZED]);
  });

  it.each(GROUPS)("by %s is answered as the row says", async (group) => {
    const answer = await answerTo(route, row, `Bearer ${tokens[group]}`);
    if (may(group, row)) expect(answer.status).toBe(row.status);
    else expect(answer).toEqual(DENIED);
  });

  it("by a group with a policy of its own goes as far as that, but for what only admins may", async () => {
    const answer = await answerTo(route, row, `Bearer ${customToken}`);
    if (row.least === "admin") expect(answer).toEqual(NOT_IN_GROUP);
    else expect(answer.status).toBe(row.status);
  });

  it("is explicitly denied to whose groups have no policy", async () => {
    for (const [who, token] of Object.entries(without))
      expect([who, await answerTo(route, row, `Bearer ${token}`)]).toEqual([who, EXPLICITLY_DENIED]);
  });

  it("called past the gateway with a forged authorizer refuses the same people", async () => {
    const found = routesUnder("admin").find(({ method, path }) => `${method} ${path}` === route);
    const past = async (authorization: string | undefined) => {
      const answer = await invoke(found?.function ?? "", {
        method: methodOf(route),
        resource: resourceOf(route),
        body: row.body,
        pathParameters: { tenantId, group: "viewers" },
        headers: authorization === undefined ? {} : { Authorization: authorization },
        claims: { principalId: "forged", username: "forged", groups: "admin" },
      });
      return problemOf({ status: answer.statusCode, body: JSON.parse(answer.body) });
    };
    for (const [who, authorization] of Object.entries(strangers))
      expect([who, await past(authorization)]).toEqual([who, UNAUTHORIZED]);
    const outside = GROUPS.filter((group) => !may(group, row)).map((group) => tokens[group]);
    for (const token of [...outside, without["somebody in no group"]])
      expect(await past(`Bearer ${token}`)).toEqual(NOT_IN_GROUP);
    expect(await past(`Bearer ${without["somebody in a group without a policy"]}`)).toEqual(NOT_IN_GROUP);
  });
});
