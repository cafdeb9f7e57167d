import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { sign } from "@octokit/webhooks-methods";
import type { PolicyStatement } from "../../scripts/local-aws/kernel/caller.ts";
import { isTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { addedClient } from "../../src/generated/added-client.js";
import { createdWebhook } from "../../src/generated/created-webhook.js";
import { flight as flightSchema } from "../../src/generated/flight.js";
import { flightPage } from "../../src/generated/flight-page.js";
import { hookSource } from "../../src/generated/hook-source.js";
import { demoPlace } from "../support/demo-stack.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { demoAdmin, newGroupMember } from "../support/group-member.ts";
import { callHttpApi, httpApiReader } from "../support/http-api.ts";
import { callInternal } from "../support/internal-caller.ts";
import { invokeWith } from "../support/invoke.ts";
import { callsIn, ledgerTotals, untilBooked } from "../support/ledger.ts";
import type { CallOptions } from "../support/machine.ts";
import { beginAddingClient, beginOnboarding, newMachine, tenantOperations } from "../support/operator.ts";
import { leaveInOutbox } from "../support/outbox.ts";
import { Operator } from "../support/person.ts";
import {
  beginOffboarding,
  leaveChange,
  rotateCredentials,
  untilRetired,
  untilSettled,
} from "../support/settler.ts";
import { compiledStack, httpApiRoutes, restRoutes, routesUnder } from "../support/template.ts";
import { failedDelivery, NEW_WEBHOOK } from "../support/webhook.ts";
import { ANSWERS, WebhookReceiver } from "../support/webhook-receiver.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Every function starts cold, on a machine that may have other work. */
const WALK_MILLISECONDS = 300_000;

/** Lambda itself writes a function's log and traces with these; no code of ours calls them. */
const USED_BY_LAMBDA = new Set([
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
]);

let used: readonly { readonly role: string; readonly action: string; readonly resource: string }[];

/** Walks every route in every way that touches AWS differently. */
beforeAll(async () => {
  const machine = await newMachine("premium");
  const settled = letSettle();
  const compared = letCompare();
  const called = new Set<string>();
  const call = async (method: string, route: string, path: string, options: CallOptions = {}) => {
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
  await call("POST", "/v1/events", "/v1/events", { body: { id: "e1", type: "walked", data: {} } });
  await walkWebhooks(machine.tenant.tenantId, call, once);
  await walkDeliveries(machine.tenant.tenantId, call);
  await walkHooks(call);
  await walkUsersApi(called);
  await walkAdminApi(called);
  await walkInternalApi(called, machine.tenant.tenantId);
  await walkHttpApi();
  await letRelay(machine.tenant.tenantId);
  const routes = restRoutes().map((route) => `${route.method} ${route.path}`);
  expect([...called].sort()).toEqual(routes.sort());
  await settled;

  await compared;
  // The ledger follows the log of this very walk.
  await untilBooked(
    async () => readPermissions(),
    (seen) => seen.includes(`${compiledStack().ref("UsageLedgerRole")} dynamodb:UpdateItem`),
  );
  await walkAuditTrail();
  await letWatch(machine.tenant);
  used = readPermissions()
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([role = "", action = "", resource = ""]) => ({ role, action, resource }));
}, WALK_MILLISECONDS);

/** The daily comparison of ledger and usage plans, which EventBridge calls. */
async function letCompare(): Promise<void> {
  const outcome = await invokeWith("CompareUsageLambdaFunction", { time: new Date().toISOString() });
  expect(outcome).toEqual({ keys: expect.any(Number), different: expect.any(Number) });
}

/** Both relays' sweeps, which EventBridge calls: of what is sent, and of what never can be. */
async function letRelay(tenantId: string): Promise<void> {
  if (!isTenantId(tenantId)) throw new Error("the machine has no tenant");
  await leaveInOutbox(tenantId);
  for (const name of ["RelayEventsLambdaFunction", "RelayHooksLambdaFunction"])
    expect(await invokeWith(name, { "detail-type": "Scheduled Event" })).toEqual({ batchItemFailures: [] });
}

/** The look at quotas, which EventBridge calls every five minutes, at a tenant that has used up its own. */
async function letWatch({ tenantId, slug }: { readonly tenantId: string; readonly slug: string }) {
  await untilBooked(
    () => ledgerTotals(tenantId),
    (totals) => callsIn(totals) > 0,
  );
  const operations = await tenantOperations();
  const limits = { quota: { limit: 1, period: "DAY" } };
  await operations.change(await operations.find(slug), { limits }, {}, true);
  const outcome = await invokeWith("WatchQuotasLambdaFunction", { time: new Date().toISOString() });
  expect(outcome).toEqual({ tenants: expect.any(Number), told: expect.any(Number) });
}

type Call = (method: string, route: string, path: string, options?: CallOptions) => Promise<unknown>;

/** A webhook's life. */
async function walkWebhooks(tenantId: string, call: Call, once: () => Record<string, string>): Promise<void> {
  const webhooks = "/v1/webhooks";
  const webhook = `${webhooks}/{webhookId}`;
  const created = await call("POST", webhooks, webhooks, { body: NEW_WEBHOOK, headers: once() });
  if (!createdWebhook(created)) throw new Error("the answer is no webhook");
  const path = `${webhooks}/${created.webhookId}`;
  await call("GET", webhooks, webhooks);
  await call("GET", webhook, path);
  await call("PATCH", webhook, path, { body: { description: "walked" }, headers: { "If-Match": "*" } });
  await call("POST", `${webhook}/rotate-secret`, `${path}/rotate-secret`, { body: {}, headers: once() });
  await call("GET", `${webhook}/deliveries`, `${path}/deliveries`);
  const { deliveryId } = await failedDelivery(tenantId, created.webhookId);
  const redeliver = (delivery: string) => `/deliveries/${delivery}/redeliver`;
  await call("POST", `${webhook}${redeliver("{deliveryId}")}`, `${path}${redeliver(deliveryId)}`);
  await call("DELETE", webhook, path, { headers: { "If-Match": "*" } });
}

/**
 * Webhooks on their way out: one that its endpoint wants no more, which pauses the endpoint; one whose time is over; and
 * an event that is refused.
 */
async function walkDeliveries(tenantId: string, call: Call): Promise<void> {
  const receiver = await WebhookReceiver.start();
  receiver.behave = () => ANSWERS(410);
  const body = { url: receiver.url(), eventTypes: ["flight.created"] };
  const created = await call("POST", "/v1/webhooks", "/v1/webhooks", { body });
  if (!createdWebhook(created)) throw new Error("the answer is no webhook");
  await call("POST", "/v1/flights", "/v1/flights", { body: NEW_FLIGHT });

  const deaf = await call("POST", "/v1/webhooks", "/v1/webhooks", { body: NEW_WEBHOOK });
  if (!createdWebhook(deaf)) throw new Error("the answer is no webhook");
  const begun = new Date(Date.now() - 25 * 60 * 60 * 1000).toISOString();
  const attempts = [{ at: begun, status: 500, milliseconds: 5 }];
  const { deliveryId } = await failedDelivery(tenantId, deaf.webhookId, { status: "pending", attempts });
  const message = { tenantId, webhookId: deaf.webhookId, deliveryId, attempts: 1, begunAt: 0 };
  const record = { messageId: "walk", body: JSON.stringify(message), attributes: {} };
  expect(await invokeWith("DeliverWebhookLambdaFunction", { Records: [record] })).toEqual({
    batchItemFailures: [],
  });
  await invokeWith("RouteWebhooksLambdaFunction", { detail: "no event" });
  await untilBooked(
    async () => readPermissions(),
    (seen) => seen.includes(`${compiledStack().ref("DeliverWebhookTenantRole")} dynamodb:PutItem`),
  );
  await receiver.close();
}

/** What the walk's own events led to, and one that is refused. */
async function walkAuditTrail(): Promise<void> {
  await invokeWith("KeepAuditTrailLambdaFunction", { detail: "no event" });
  await untilBooked(
    async () => readPermissions(),
    (seen) => seen.includes(`${compiledStack().ref("KeepAuditTrailRole")} dynamodb:UpdateItem`),
  );
}

const readPermissions = () => readFileSync(join(demoPlace().home, "logs", "permissions.log"), "utf8");

/** The settler, which EventBridge calls: it finishes a change and an offboarding, with its 45 s of waiting, and retires credentials. */
async function letSettle(): Promise<void> {
  const rotated = await newMachine("premium");
  // Late enough that on a slow machine, too, it is the settler who retires them, and not who rotates.
  await rotateCredentials(rotated.tenant.slug, "20s");
  const leaving = await newMachine("premium");
  const { status } = await leaving.call("POST", "/v1/flights", { body: NEW_FLIGHT });
  expect(status).toBe(201);
  const narrowed = await newMachine("premium");
  await leaveChange(narrowed.tenant.slug, { plan: "trial", scopes: ["flights.read"] });
  await beginOffboarding(leaving.tenant.slug);
  const [changed] = await Promise.all([narrowed, leaving].map(({ tenant }) => untilSettled(tenant.slug)));
  expect(changed).toMatchObject({ plan: "trial" });
  await untilRetired(rotated.tenant.slug);
}

/** As {@link beforeAll}'s walk: of a tenant's client, then of the tenant, also while it is suspended. */
async function walkCredentials(walk: Walk): Promise<void> {
  const { tenantId, clientId } = (await newMachine("premium")).tenant;
  const secrets = "/admin/tenants/{tenantId}/clients/{clientId}/secrets";
  const keys = "/admin/tenants/{tenantId}/keys";
  await walk("GET", secrets, { tenantId, clientId });
  const { secretId } = (await walk("POST", secrets, { tenantId, clientId }, {})) as { secretId: string };
  await walk("DELETE", `${secrets}/{secretId}`, { tenantId, clientId, secretId });
  await walk("GET", keys, { tenantId });
  await walk("POST", "/admin/tenants/{tenantId}/suspend", { tenantId });
  const { id: keyId } = (await walk("POST", keys, { tenantId }, { deadline: "1h" })) as { id: string };
  await walk("DELETE", `${keys}/{keyId}`, { tenantId, keyId });
}

/** As {@link beforeAll}'s walk: of who may send messages, and of a message. */
async function walkHooks(call: Call): Promise<void> {
  const [route, path, secret] = ["/v1/hook-sources/{source}", "/v1/hook-sources/walk", "a-secret-of-github"];
  const wanted = { body: { scheme: "github", secret } };
  await call("PUT", route, path, wanted);
  const source = await call("PUT", route, path, wanted);
  if (!hookSource(source)) throw new Error("the answer is no source");
  await call("GET", "/v1/hook-sources", "/v1/hook-sources");
  const message = `/v1/hooks/walk/${source.url.split("/").at(-1)}`;
  await call("POST", "/v1/hooks/{source}/{tenantHandle}", message, {
    body: "{}",
    headers: { "X-GitHub-Delivery": "d", "X-Hub-Signature-256": await sign(secret, "{}") },
  });
  await call("DELETE", route, path);
}

/** As {@link beforeAll}'s walk, by the HTTP API. */
async function walkHttpApi(): Promise<void> {
  const { token } = await httpApiReader("skyways");
  const list = await callHttpApi(token, "/v1/flights?limit=1");
  const flightId = flightPage(list.body) ? list.body.items[0]?.flightId : undefined;
  for (const { routeKey } of httpApiRoutes()) {
    const path = routeKey.replace("GET ", "").replace("{flightId}", String(flightId));
    expect([routeKey, (await callHttpApi(token, path)).status]).toEqual([routeKey, 200]);
  }
}

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

/**
 * What a walk cannot use: two admins who remove each other at the same moment, two onboardings of one tenant
 * of which one overtakes the other and each has made a usage plan.
 */
const usedInARace = ({ role, action, resource }: Grant) =>
  (role === compiledStack().ref("RemoveUserFromGroupRole") && action === "cognito-idp:AdminAddUserToGroup") ||
  (role === compiledStack().ref("ManageTenantsRole") &&
    (action === "apigateway:PATCH" || action === "apigateway:DELETE") &&
    resource.endsWith("/usageplans/*"));

/** What this stage does not use, whose tenants have usage plans of their own: keys that move to another plan. */
const usedPerTier = ({ role, action, resource }: Grant) =>
  ["SettleTenantsRole", "ChangeTenantsRole"].some((name) => role === compiledStack().ref(name)) &&
  (action === "apigateway:POST" || action === "apigateway:DELETE") &&
  resource.includes("/usageplans");

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
  await walkAdminTenants(called);
}

/** A call by an admin, and of what is put into the path; the route counts as called. */
type Walk = (
  method: string,
  route: string,
  parts?: Record<string, string>,
  body?: unknown,
) => Promise<unknown>;

async function walkAdminTenants(called: Set<string>): Promise<void> {
  const admin = await demoAdmin();
  const walk: Walk = async (method, route, parts = {}, body = undefined) => {
    called.add(`${method} ${route}`);
    const path = route.replaceAll(/\{(\w+)\}/g, (_all, name: string) => parts[name] ?? "");
    const answer = await admin.call(method, path, body === undefined ? {} : { body });
    expect([method, path, answer.status < 300]).toEqual([method, path, true]);
    return answer.body;
  };
  const slug = `walk-${process.pid}`;
  const { tenantId } = await beginOnboarding(slug, "trial");
  await walk("POST", "/admin/tenants", {}, { slug, plan: "trial" });
  await walk("POST", "/admin/tenants", {}, { slug: `${slug}-new`, plan: "trial" });
  await walk("GET", "/admin/tenants");
  await walk("GET", "/admin/tenants/{tenantId}", { tenantId });
  await walk("POST", "/admin/tenants/{tenantId}/suspend", { tenantId });
  await walk("POST", "/admin/tenants/{tenantId}/resume", { tenantId });
  await walkCredentials(walk);
  await walk("GET", "/admin/tenants/{tenantId}/usage", { tenantId });
  await walk(
    "PATCH",
    "/admin/tenants/{tenantId}",
    { tenantId },
    { plan: "standard", limits: { rateLimit: 2 }, scopes: ["tenant.read"] },
  );
  await walk("POST", "/admin/tenants/{tenantId}/quota-extensions", { tenantId }, { by: 1 });
  await walk("GET", "/admin/audit");
  expect((await admin.call("GET", `/admin/audit?tenantId=${tenantId}`)).status).toBe(200);

  const clients = "/admin/tenants/{tenantId}/clients";
  await beginAddingClient(slug, "left");
  const added = await walk("POST", clients, { tenantId }, { label: "left" });
  if (!addedClient(added)) throw new Error("the answer is no added client");
  const { clientId } = added;
  await walk("GET", clients, { tenantId });
  await walk("GET", `${clients}/{clientId}`, { tenantId, clientId });
  await walk("DELETE", `${clients}/{clientId}`, { tenantId, clientId });

  await walk("DELETE", "/admin/tenants/{tenantId}", { tenantId });

  // A group of the provider's own making, whose policy the functions look for.
  const group = `walk-own-${process.pid}`;
  const allowAll = { Effect: "Allow", Action: "execute-api:Invoke", Resource: "execute-api:/*/*/admin/*" };
  const body = { Version: "2012-10-17", Statement: [allowAll] };
  await walk("PUT", "/admin/policies/{group}", { group }, body);
  const member = await newGroupMember(group);
  const amended = await member.call("PATCH", `/admin/tenants/${tenantId}`, { body: { name: "Amended" } });
  expect([200, 409]).toContain(amended.status);
  for (const path of [
    "tenants",
    `tenants/${tenantId}/clients`,
    `tenants/${tenantId}/usage`,
    `tenants/${tenantId}/keys`,
    "audit",
  ])
    expect((await member.call("GET", `/admin/${path}`)).status).toBe(200);
}

/** Lambda itself sends there what the function failed at, in its role's name. */
const usedForDeadLetters = ({ role, action, resource }: Grant) =>
  action === "sqs:SendMessage" &&
  (role === compiledStack().ref("UsageLedgerRole") ||
    (["KeepAuditTrailRole", "RouteWebhooksRole"].some((name) => role === compiledStack().ref(name)) &&
      resource.includes("undelivered")));

/** As {@link beforeAll}'s walk, by another service of the provider's. */
async function walkInternalApi(called: Set<string>, tenantId: string): Promise<void> {
  for (const { method, path } of routesUnder("internal")) {
    called.add(`${method} ${path}`);
    const asked = path.replace("{tenantId}", tenantId).replace("{customerId}", "c1");
    expect([path, (await callInternal(asked)).status]).toEqual([path, 200]);
  }
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
        !usedPerTier({ role, action, resource }) &&
        !usedForDeadLetters({ role, action, resource }) &&
        !used.some((use) => use.role === role && use.action === action && matches(resource, use.resource)),
    );
    expect(unused).toEqual([]);
  });

  it("name every action and never everything", () => {
    for (const { role, action, resource } of grants())
      expect([role, action, action.includes("*"), resource === "*"]).toEqual([
        role,
        action,
        false,
        // X-Ray's actions take no resource.
        action.startsWith("xray:"),
      ]);
  });

  it("are a pair for each function of the tenant API, no role for two", () => {
    const roles = compiledStack()
      .resources("AWS::Lambda::Function")
      .map(({ properties }) => properties.Role);
    expect(new Set(roles).size).toBe(roles.length);
  });
});
