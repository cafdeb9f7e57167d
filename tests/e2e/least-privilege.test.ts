import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { PolicyStatement } from "../../scripts/local-aws/kernel/caller.ts";
import { flight as flightSchema } from "../../src/generated/flight.js";
import { demoPlace } from "../support/demo-stack.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { newMachine } from "../support/operator.ts";
import { Operator } from "../support/person.ts";
import { compiledStack, restRoutes } from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Every function starts cold, on a machine that may have other work. */
const WALK_MILLISECONDS = 60_000;

/** Lambda itself writes a function's log with these; no code of ours calls them. */
const USED_BY_LAMBDA = new Set(["logs:CreateLogStream", "logs:PutLogEvents"]);

let used: readonly { readonly role: string; readonly action: string; readonly resource: string }[];

/** Walks every route in every way that touches AWS differently. */
beforeAll(async () => {
  const machine = await newMachine("premium");
  const called = new Set<string>();
  const call = async (
    method: string,
    route: string,
    path: string,
    options: Parameters<typeof machine.call>[2] = {},
  ) => {
    called.add(`${method} ${route}`);
    const answer = await machine.call(method, path, options);
    expect([method, path, answer.status < 300]).toEqual([method, path, true]);
    return answer.body;
  };
  const once = () => ({ "Idempotency-Key": crypto.randomUUID() });
  const flights = "/v1/flights";
  const flight = `${flights}/{flightId}`;
  await call("POST", flights, flights, { body: NEW_FLIGHT });
  const created = await call("POST", flights, flights, { body: NEW_FLIGHT, headers: once() });
  if (!flightSchema(created)) throw new Error("the answer is no flight");
  const path = `${flights}/${created.flightId}`;
  await call("GET", flight, path);
  await call("GET", flights, flights);
  await call("PATCH", flight, path, { body: { seats: 1 }, headers: { "If-Match": "*" } });
  await call("DELETE", flight, path, { headers: { "If-Match": "*" } });
  const account = "/v1/loyalty/{customerId}";
  const ledger = `${account}/transactions`;
  const body = { type: "earn", points: 2, reason: "flight" };
  await call("POST", ledger, "/v1/loyalty/c1/transactions", { body, headers: once() });
  await call("POST", ledger, "/v1/loyalty/c1/transactions", {
    body: { ...body, type: "redeem" },
    headers: once(),
  });
  await call("GET", account, "/v1/loyalty/c1");
  await call("GET", ledger, "/v1/loyalty/c1/transactions");
  await call("GET", "/v1/tenant", "/v1/tenant");
  await call("GET", "/v1/usage", "/v1/usage");
  await walkUsersApi(called);
  await walkAdminApi(called);
  const routes = restRoutes().map((route) => `${route.method} ${route.path}`);
  expect([...called].sort()).toEqual(routes.sort());

  used = readFileSync(join(demoPlace().home, "logs", "permissions.log"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([role = "", action = "", resource = ""]) => ({ role, action, resource }));
}, WALK_MILLISECONDS);

/** As {@link beforeAll}'s walk, by an admin. */
async function walkUsersApi(called: Set<string>): Promise<void> {
  const admin = await Operator.signIn("demo-admin");
  const username = `walker-${process.pid}`;
  const walk = async (method: string, route: string, body?: unknown) => {
    called.add(`${method} ${route}`);
    const path = route.replace("{username}", username).replace("{group}", "admin");
    const { status } = await admin.call(method, path, body === undefined ? {} : { body });
    expect([method, path, status < 300]).toEqual([method, path, true]);
  };
  await walk("POST", "/users", { username, groups: ["viewers"] });
  await walk("GET", "/users");
  await walk("GET", "/users/{username}");
  await walk("PUT", "/users/{username}/groups/{group}");
  await walk("DELETE", "/users/{username}/groups/{group}");
}

/** What a walk cannot use: two admins who remove each other at the same moment. */
const usedInARace = ({ role, action }: Grant) =>
  role === compiledStack().ref("RemoveUserFromGroupRole") && action === "cognito-idp:AdminAddUserToGroup";

/** As {@link beforeAll}'s walk, by an admin. */
async function walkAdminApi(called: Set<string>): Promise<void> {
  const admin = await Operator.signIn("demo-admin");
  const policy = readFileSync(join(ROOT, "resources", "policies", "viewers.json"), "utf8");
  const walk = async (method: string, route: string, body?: unknown) => {
    called.add(`${method} ${route}`);
    const path = route.replace("{group}", `walk-${process.pid}`);
    const { status } = await admin.call(method, path, body === undefined ? {} : { body });
    expect([method, path, status < 300]).toEqual([method, path, true]);
  };
  await walk("PUT", "/admin/policies/{group}", JSON.parse(policy));
  await walk("GET", "/admin/policies/{group}");
  await walk("GET", "/admin/policies");
}

interface Grant {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** Every action on every resource that a role of the template's functions is granted. */
function grants(): Grant[] {
  const stack = compiledStack();
  const functionRoles = Object.keys(stack.template.Resources).filter(
    (logicalId) =>
      stack.template.Resources[logicalId]?.Type === "AWS::IAM::Role" && logicalId !== "ApiGatewayLogRole",
  );
  const statementsOf = (document: unknown) => (document as { Statement: PolicyStatement[] }).Statement;
  const inline = functionRoles.flatMap((logicalId) => {
    const { physicalId, properties } = stack.resource(logicalId);
    const policies = (properties.Policies ?? []) as { PolicyDocument: unknown }[];
    return policies.flatMap(({ PolicyDocument }) => flatten(physicalId, statementsOf(PolicyDocument)));
  });
  const attached = stack.resources("AWS::IAM::Policy").flatMap(({ properties }) => {
    const { Roles, PolicyDocument } = properties as { Roles: string[]; PolicyDocument: unknown };
    return Roles.flatMap((role) => flatten(role, statementsOf(PolicyDocument)));
  });
  return [...inline, ...attached];
}

function flatten(role: string, statements: readonly PolicyStatement[]): Grant[] {
  return statements.flatMap(({ Action = [], Resource = [] }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => ({ role, action, resource }))),
  );
}

describe("a function's roles", () => {
  it("are granted no action on no resource that a walk through all routes does not use", () => {
    const matches = (pattern: string, text: string) =>
      new RegExp(`^${pattern.split("*").map(RegExp.escape).join(".*")}$`).test(text);
    expect(grants().length).toBeGreaterThan(40);
    const unused = grants().filter(
      ({ role, action, resource }) =>
        !USED_BY_LAMBDA.has(action) &&
        !usedInARace({ role, action, resource }) &&
        !used.some((use) => use.role === role && use.action === action && matches(resource, use.resource)),
    );
    expect(unused).toEqual([]);
  });

  it("name every action and never everything", () => {
    for (const { role, action, resource } of grants())
      expect([role, action.includes("*"), resource === "*"]).toEqual([role, false, false]);
  });

  it("are a pair for each function of the tenant API, no role for two", () => {
    const roles = compiledStack()
      .resources("AWS::Lambda::Function")
      .map(({ properties }) => properties.Role);
    expect(new Set(roles).size).toBe(roles.length);
  });
});
