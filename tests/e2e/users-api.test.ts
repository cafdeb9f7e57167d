import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { GROUPS, isUsername } from "../../src/domain/access/people.ts";
import { createdUser } from "../../src/generated/created-user.js";
import { newUser } from "../../src/generated/new-user.js";
import { user as userSchema } from "../../src/generated/user.js";
import { userPage } from "../../src/generated/user-page.js";
import { demo } from "../support/demo-stack.ts";
import { signedByPool } from "../support/forged-token.ts";
import { invoke } from "../support/invoke.ts";
import type { CallOptions } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { callWith, claimsOf, firstSignIn, Operator } from "../support/person.ts";
import { compiledStack, routesUnder } from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");

let numbers = 0;
const newName = () => {
  numbers += 1;
  return `user-${numbers}-${process.pid}`;
};

type Row = (username: string) => { readonly path: string } & Pick<CallOptions, "body">;

/** How each route is called, for somebody who is there. A new route without a row fails the test below. */
const ROWS: Readonly<Record<string, Row>> = {
  "GET /users": () => ({ path: "/users" }),
  "POST /users": () => ({ path: "/users", body: { username: newName() } }),
  "GET /users/{username}": (username) => ({ path: `/users/${username}` }),
  "PUT /users/{username}/groups/{group}": (username) => ({ path: `/users/${username}/groups/editors` }),
  "DELETE /users/{username}/groups/{group}": (username) => ({ path: `/users/${username}/groups/editors` }),
};

let admin: Operator;
let editor: Operator;
/** Everybody who must not get in, with what the gateway or the function answers. */
let outsiders: Record<string, { token: string | undefined; status: number; message: string }>;
let somebody: string;

beforeAll(async () => {
  const [viewer, machine] = await Promise.all([Operator.signIn("demo-viewer"), newMachine("standard")]);
  [admin, editor] = await Promise.all([Operator.signIn("demo-admin"), Operator.signIn("demo-editor")]);
  const claims = claimsOf(admin.tokens.accessToken);
  const now = Math.floor(Date.now() / 1000);
  outsiders = {
    nobody: { token: undefined, status: 401, message: "Unauthorized" },
    "a tenant's machine": { token: machine.token, status: 401, message: "Unauthorized" },
    viewers: { token: viewer.tokens.accessToken, status: 403, message: "Forbidden" },
    editors: { token: editor.tokens.accessToken, status: 403, message: "Forbidden" },
    "an admin's ID token": { token: admin.tokens.idToken, status: 401, message: "Unauthorized" },
    "an admin's expired token": {
      token: await signedByPool({ ...claims, iat: now - 1000, exp: now - 100 }),
      status: 401,
      message: "The incoming token has expired",
    },
  };
  somebody = newName();
  await admin.call("POST", "/users", { body: { username: somebody } });
});

const rows = Object.entries(ROWS);
const methodOf = (route: string) => route.split(" ")[0] ?? "";

describe("every route of the users API", () => {
  it("in the template has a row here", () => {
    const routes = routesUnder("users").map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(ROWS).sort()).toEqual(routes.sort());
  });

  it("has people's authorizer and scope, no API key, and a function for admins alone", async () => {
    for (const route of routesUnder("users")) {
      const { properties, authorizer, method, model } = route;
      expect({ route: `${method} ${route.path}`, authorizer, ...properties }).toMatchObject({
        route: `${method} ${route.path}`,
        authorizer: "PeopleAuthorizer",
        AuthorizationType: "COGNITO_USER_POOLS",
        AuthorizationScopes: ["aws.cognito.signin.user.admin"],
        ApiKeyRequired: false,
      });
      const { Handler } = compiledStack().resource(route.function).properties;
      const file = `${String(Handler).replace(/\.handler$/, "")}.ts`;
      const { handler } = await import(pathToFileURL(join(ROOT, file)).href);
      expect(handler.contract).toEqual({
        groups: ["admin"],
        body: model === undefined ? undefined : expect.any(Function),
      });
    }
  });

  it("with a body is checked by the gateway against the function's own schema", () => {
    const [post, ...others] = routesUnder("users").filter(({ model }) => model !== undefined);
    expect([post?.method, post?.path, others]).toEqual(["POST", "/users", []]);
    const { Schema } = compiledStack().resource(post?.model ?? "").properties;
    expect(Schema).toEqual(JSON.parse(readFileSync(join(ROOT, "schemas", "new-user.json"), "utf8")));
    expect(newUser({ username: "ada", groups: [...GROUPS] })).toBe(true);
    expect(newUser({ username: "ada", groups: ["root"] })).toBe(false);
    for (const username of ["ada", "a", "ada@example.com", "", "-a", "a b", "a/b", "a".repeat(129)])
      expect([username, newUser({ username })]).toEqual([username, isUsername(username)]);
  });

  it.each(rows)("%s refuses whoever is not an admin", async (route, row) => {
    for (const [who, { token, status, message }] of Object.entries(outsiders)) {
      const { path, ...options } = row(somebody);
      const answer = await callWith(token, methodOf(route), path, options);
      expect([who, answer.status]).toEqual([who, status]);
      expect(answer.body).toMatchObject({ message });
    }
  });

  it.each(rows)("%s lets an admin in", async (route, row) => {
    const { path, ...options } = row(somebody);
    expect((await admin.call(methodOf(route), path, options)).status).toBeLessThan(300);
  });

  it("called past the gateway refuses the same people, whatever claims are forged", async () => {
    const claims = { "cognito:groups": "admin", username: "demo-admin", token_use: "access" };
    const unscoped = await signedByPool({ ...claimsOf(admin.tokens.accessToken), scope: "openid" });
    const all = { ...outsiders, "an admin without the scope": { token: unscoped, status: 403 } };
    for (const { method, path, function: name } of routesUnder("users"))
      for (const [who, { token, status }] of Object.entries(all)) {
        const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
        const answer = await invoke(name, { method, resource: path, claims, headers });
        expect([name, who, answer.statusCode]).toEqual([name, who, status]);
      }
  });
});

describe("an editor who adds somebody to a group", () => {
  it("is told why not; an admin succeeds, and the next token of that person carries the group", async () => {
    const username = newName();
    const { body } = await admin.call("POST", "/users", { body: { username } });
    if (!createdUser(body)) throw new Error("the answer is no created user");
    const path = `/users/${username}/groups/viewers`;

    const refused = await editor.call("PUT", path);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      type: "urn:gatehouse:problem:not-in-group",
      message: "Forbidden",
      detail: "This needs membership of the group admin.",
    });
    const after = await admin.call("GET", `/users/${username}`);
    expect(userSchema(after.body) && after.body.groups).toEqual([]);

    const added = await admin.call("PUT", path);
    expect(added.status).toBe(200);
    expect(userSchema(added.body) && added.body.groups).toEqual(["viewers"]);
    const { accessToken } = await firstSignIn(demo(), { username, password: body.temporaryPassword });
    expect(claimsOf(accessToken)["cognito:groups"]).toEqual(["viewers"]);
  });
});

describe("an admin", () => {
  it("cannot take the last admin out, under whatever name, and is told so with 409", async () => {
    const { sub } = claimsOf(admin.tokens.accessToken);
    for (const name of ["demo-admin", String(sub)]) {
      const { status, body } = await admin.call("DELETE", `/users/${name}/groups/admin`);
      expect([status, body]).toEqual([
        409,
        expect.objectContaining({ detail: expect.stringContaining("last admin who can sign in") }),
      ]);
    }
    const { body } = await admin.call("GET", "/users/demo-admin");
    expect(userSchema(body) && body.groups).toEqual(["admin"]);
  });

  it("creates a user with a Location that leads there, and never the same name twice", async () => {
    const username = `${newName()}@example.com`;
    const body = { username, email: "ada@example.com", groups: ["editors", "viewers"] };
    const created = await admin.call("POST", "/users", { body });
    expect([created.status, createdUser(created.body)]).toEqual([201, true]);
    const location = created.headers.get("location") ?? "";
    const found = await callWith(admin.tokens.accessToken, "GET", location.replace(/^\/dev/, ""));
    expect([found.status, userSchema(found.body)]).toEqual([200, true]);
    expect(found.body).toMatchObject({ ...body, status: "FORCE_CHANGE_PASSWORD" });
    expect((await admin.call("POST", "/users", { body })).status).toBe(409);
  });

  it.each([
    ["no username", {}],
    ["a username with a space", { username: "a b" }],
    ["a group that is none", { username: "ada", groups: ["root"] }],
    ["an unknown member", { username: "ada", password: "x" }],
  ])("is refused a user with %s", async (_name, body) => {
    expect((await admin.call("POST", "/users", { body })).status).toBe(400);
  });

  it("reads everybody page by page, each once, with their groups", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor ? `&cursor=${cursor}` : "";
      const { body } = await admin.call("GET", `/users?limit=2${query}`);
      if (!userPage(body)) throw new Error("the answer is no page of users");
      expect(body.items.length).toBeLessThanOrEqual(2);
      for (const { username, groups } of body.items) {
        seen.push(username);
        if (username === "demo-editor") expect(groups).toEqual(["editors"]);
      }
      cursor = body.cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(["demo-admin", "demo-editor", "demo-viewer", somebody]));
  });

  it.each([
    ["GET", "/users/nobody-at-all", 404],
    ["GET", "/users/%20", 404],
    ["PUT", "/users/nobody-at-all/groups/viewers", 404],
    ["PUT", "/users/demo-viewer/groups/root", 404],
    ["DELETE", "/users/nobody-at-all/groups/admin", 404],
    ["GET", "/users?limit=61", 400],
    ["GET", "/users?cursor=bm9uc2Vuc2U", 400],
  ])("calling %s %s is answered %i", async (method, path, status) => {
    expect((await admin.call(method, path)).status).toBe(status);
  });
});
