import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sessionOf } from "../../scripts/internal/caller-session.ts";
import { sendSigned } from "../../scripts/internal/send-signed.ts";
import { Command, type Outcome } from "../support/command.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { type Answer, answerOf, call, Machine } from "../support/machine.ts";
import { claimsOf, firstSignIn, initiateAuth, signInPerson } from "../support/person.ts";
import { freshPlace, RunningStack, removePlace } from "../support/running-stack.ts";
import { Secrets } from "../support/secrets.ts";
import { compiledStack } from "../support/template.ts";
import { tracesOf } from "../support/traces.ts";
import { WebhookReceiver } from "../support/webhook-receiver.ts";

const LIMIT_MILLISECONDS = 240_000;
const CONTROL_TABLE = compiledStack().ref("ControlTable");
const TABLES = [CONTROL_TABLE, compiledStack().ref("DataTable")];

const secrets = new Secrets();
/** What was said to whoever may not know a secret: refusals, and what a command line says beside its result. */
const said: string[] = [];
/** Harmless values that are known to be in a place, by the place: the search really gets there. */
const marks = new Map<RegExp, string>();

let stack: RunningStack;
beforeAll(async () => {
  stack = await RunningStack.start(await freshPlace());
  for (const tenant of stack.demo.tenants) {
    secrets.addClient(tenant.slug, tenant);
    secrets.add(`${tenant.slug}'s API key`, tenant.apiKey);
  }
  for (const { username, password } of stack.demo.operators) secrets.add(`${username}'s password`, password);
  await workAtTheCommandLine();
  await workThroughTheApi();
  await workAsMachines();
  await workWithThirdParties();
  await workAsAnotherService();
}, LIMIT_MILLISECONDS);
afterAll(async () => {
  await stack.stop();
  removePlace(stack.place);
});

async function run(script: string, args: readonly string[], input = ""): Promise<Outcome> {
  const outcome = await new Command(stack.place, script, args, input).outcome;
  said.push(outcome.stderr);
  return outcome;
}

async function json(script: string, args: readonly string[], input = "") {
  const { code, stdout, stderr } = await run(script, ["--json", ...args], input);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The life of a tenant and of a person, with what goes wrong on the way. */
async function workAtTheCommandLine(): Promise<void> {
  const created = await json("tenants.ts", ["create", "secretive", "--plan", "standard"]);
  secrets.addClient("the tenant", created);
  secrets.add("the tenant's API key", created.apiKey);
  const added = await json("tenants.ts", ["add-client", "secretive", "--label", "more"]);
  secrets.addClient("the second client", added);
  const second = await json("tenants.ts", ["secrets", "add", "secretive", "default"]);
  secrets.addClient("the first client, rotated,", second);
  secrets.add("the rotated API key", (await json("tenants.ts", ["keys", "rotate", "secretive"])).apiKey);
  const machine = await signIn(created);
  await machine.call("POST", "/v1/flights", { body: { flightNumber: machine.apiKey } }).then(refused);
  for (const command of [
    ["create", "secretive", "--plan", "trial"],
    ["show", "secretive"],
    ["suspend", "secretive", "--yes"],
    ["resume", "secretive", "--yes"],
    ["secrets", "list", "secretive", "default"],
    ["secrets", "add", "secretive", "default"],
    ["keys", "list", "secretive"],
    ["keys", "rotate", "secretive"],
    ["delete-client", "secretive", "more", "--yes"],
    ["audit"],
    ["reconcile"],
  ])
    said.push((await run("tenants.ts", command)).stdout);

  const person = await json("users.ts", ["create", "ada", "--group", "viewers"]);
  secrets.add("ada's temporary password", person.temporaryPassword);
  const weak = "weak-and-long-enough";
  secrets.add("a password that the policy refuses", weak);
  await run("users.ts", ["set-password", "ada"], `${weak}\n`);
  const chosen = `Chosen-${crypto.randomUUID()}`;
  secrets.add("ada's own password", chosen);
  await run("users.ts", ["set-password", "ada"], `${chosen}\n`);
  const generated = await json("users.ts", ["set-password", "ada", "--generate", "--temporary"]);
  secrets.add("ada's generated password", generated.password);
  said.push((await run("users.ts", ["list"])).stdout);
}

async function workThroughTheApi(): Promise<void> {
  const admin = await signInAs("demo-admin");
  const viewer = await signInAs("demo-viewer");
  const onboarded = await admin("POST", "/admin/tenants", { slug: "discreet", plan: "standard" });
  const tenant = onboarded.body as Record<"clientId" | "clientSecret" | "apiKey" | "tenantId", string>;
  secrets.addClient("the API's tenant", tenant);
  secrets.add("the API's tenant's API key", tenant.apiKey);
  const path = `/admin/tenants/${tenant.tenantId}`;
  const secret = await admin("POST", `${path}/clients/${tenant.clientId}/secrets`, {});
  secrets.addClient("the API's client, rotated,", {
    clientId: tenant.clientId,
    ...(secret.body as { clientSecret: string }),
  });
  const key = await admin("POST", `${path}/keys`, {});
  secrets.add("the API's rotated API key", (key.body as { apiKey: string }).apiKey);
  await admin("POST", `${path}/keys`, {}).then(refused);
  await admin("POST", "/admin/tenants", { slug: "discreet", plan: "standard" }).then(refused);
  await admin("POST", "/admin/tenants", { slug: tenant.clientSecret, plan: tenant.apiKey }).then(refused);
  await viewer("POST", "/admin/tenants", { slug: "forbidden", plan: "standard" }).then(refused);
  for (const change of ["suspend", "resume"])
    await admin("POST", `/admin/tenants/${tenant.tenantId}/${change}`);

  const created = await admin("POST", "/users", { username: "bob", groups: ["editors"] });
  const { temporaryPassword } = created.body as { temporaryPassword: string };
  secrets.add("bob's temporary password", temporaryPassword);
  const own = `Own-${crypto.randomUUID()}`;
  secrets.add("bob's own password", own);
  const bob = await firstSignIn(stack.demo, { username: "bob", password: temporaryPassword }, own);
  secrets.addToken("bob's token", bob.accessToken);
  await initiateAuth(stack.demo, { username: "bob", password: temporaryPassword }).catch((error: Error) =>
    said.push(String(error)),
  );
  await admin("PUT", "/users/bob/groups/viewers");
  await viewer("GET", "/users").then(refused);

  const machine = await signIn(tenant);
  await machine.call("GET", "/v1/flights");
  const foreign = stack.demo.tenants[0]?.apiKey;
  await machine.call("GET", "/v1/flights", { headers: { "x-api-key": foreign } }).then(refused);
  await machine.call("GET", `/v1/flights?cursor=${machine.apiKey}`).then(refused);
  await machine.call("GET", `/v1/${machine.token}`).then(refused);
  await machine.call("POST", "/v1/flights", { body: { token: machine.token } }).then(refused);
  await machine.call("GET", "/v1/flights", { headers: { Authorization: `${machine.token}x` } }).then(refused);
  const answer = await fetch(stack.demo.tokenUrl, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: tenant.clientId,
      client_secret: `${tenant.clientSecret}x`,
    }),
  });
  said.push(await answer.text());
  marks.set(/access\.log/, tenant.tenantId);
  marks.set(/^the table .*control/, '"bob"');

  // Somebody of no group is turned away by the authorizer, which logs their id.
  const password = `Nobody-${crypto.randomUUID()}`;
  secrets.add("nobody's password", password);
  await run("users.ts", ["create", "nobody"]);
  await run("users.ts", ["set-password", "nobody"], `${password}\n`);
  const nobody = await signInPerson(stack.demo, { username: "nobody", password });
  const headers = { Authorization: `Bearer ${nobody.accessToken}` };
  secrets.addToken("nobody's token", nobody.accessToken);
  await call(`${stack.demo.apiUrl}/admin/policies`, "GET", { headers }).then(refused);
  marks.set(/functions' logs/, String(claimsOf(nobody.accessToken).sub));
}

/** What machines do beside the REST API's routes with a function: the HTTP API, and events. */
async function workAsMachines(): Promise<void> {
  const [tenant] = stack.demo.tenants;
  if (!tenant) throw new Error("the demo has no tenant");
  const machine = await signIn(tenant);
  const { token, apiKey, authorization } = machine;
  const httpApi = (path: string, headers: Record<string, string>) =>
    call(`${stack.demo.httpApiUrl}${path}`, "GET", { headers });
  expect((await httpApi("/v1/flights", authorization)).status).toBe(200);
  await httpApi("/v1/flights", { Authorization: `${authorization.Authorization}x` }).then(refused);
  await httpApi(`/v1/flights?cursor=${apiKey}`, authorization).then(refused);
  await httpApi(`/v1/${token}`, authorization).then(refused);

  const id = crypto.randomUUID();
  const event = (type: string) => ({ body: { id, type, data: { gate: "A1" } } });
  expect((await machine.call("POST", "/v1/events", event("bag.loaded"))).status).toBe(202);
  await machine.call("POST", "/v1/events", event(token)).then(refused);
  await machine.call("POST", "/v1/events", { body: { [apiKey]: token } }).then(refused);
  await tellOfFlights(machine);
  marks.set(/tenant-events\.log$/, id);
  marks.set(/http-api\S*\.log$/, tenant.tenantId);
}

/** A webhook with two signing secrets, made under a remembered key, and a delivery that both of them sign. */
async function tellOfFlights(machine: Machine): Promise<void> {
  const receiver = await WebhookReceiver.start();
  const once = { "Idempotency-Key": crypto.randomUUID() };
  const webhook = { url: receiver.url(), eventTypes: ["flight.created"] };
  const keep = ({ status, body }: Answer, name: string) => {
    expect(status).toBeLessThan(300);
    const { webhookId, secret } = body as Record<"webhookId" | "secret", string>;
    secrets.add(name, secret.replace("whsec_", ""));
    return webhookId;
  };
  const made = await machine.call("POST", "/v1/webhooks", { body: webhook, headers: once });
  const path = `/v1/webhooks/${keep(made, "a webhook's secret")}`;
  const rotated = await machine.call("POST", `${path}/rotate-secret`, { body: {}, headers: once });
  keep(rotated, "a webhook's rotated secret");
  said.push(
    JSON.stringify((await machine.call("POST", "/v1/webhooks", { body: webhook, headers: once })).body),
  );
  await machine.call("POST", `${path}/rotate-secret`, { body: {} }).then(refused);
  await machine.call("POST", "/v1/flights", { body: NEW_FLIGHT });
  const deadline = Date.now() + 60_000;
  while (receiver.received.length === 0 && Date.now() < deadline) await setTimeout(50);
  expect(receiver.received).toHaveLength(1);
  await receiver.close();
}

/** Who configures third parties, with secrets that are made here and that are given; and one who has no right secret. */
async function workWithThirdParties(): Promise<void> {
  const [tenant] = stack.demo.tenants;
  if (!tenant) throw new Error("the demo has no tenant");
  const machine = await signIn(tenant);
  const put = (source: string, scheme: string, secret?: string) =>
    machine.call("PUT", `/v1/hook-sources/${source}`, { body: { scheme, ...(secret && { secret }) } });
  const made = (await put("made", "standard-webhooks")).body as { secret: string; url: string };
  secrets.add("a third party's secret that was made", made.secret);
  secrets.add("the key in it", made.secret.slice("whsec_".length));
  const given = `given-${crypto.randomUUID()}`;
  secrets.add("a third party's secret that was given", given);
  expect((await put("given", "github", given)).status).toBe(201);
  await put("given", "stripe", given).then(refused);
  await put("made", "standard-webhooks", given).then(refused);
  await put(given, "github", given).then(refused);
  said.push(JSON.stringify((await machine.call("GET", "/v1/hook-sources")).body));
  const address = `${stack.demo.apiUrl}${new URL(made.url).pathname.replace("/dev", "")}`;
  const headers = { "webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": `v1,${made.secret}` };
  await call(address, "POST", { headers, body: "{}" }).then(refused);
}

/** The internal API, as another service of the account calls it. */
async function workAsAnotherService(): Promise<void> {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: stack.demo.awsEndpoint,
    AWS_REGION: stack.demo.region,
    AWS_ACCESS_KEY_ID: "operator",
    AWS_SECRET_ACCESS_KEY: "operator",
  });
  delete process.env.AWS_SESSION_TOKEN;
  const session = await sessionOf(String(compiledStack().outputs().InternalCallerRoleArn));
  const { secretAccessKey, sessionToken } = session;
  secrets.add("the service's secret key", secretAccessKey);
  secrets.add("the service's session token", sessionToken);
  const internal = (tenant: string, as = session) =>
    sendSigned(`${stack.demo.apiUrl}/internal/tenants/${tenant}`, as).then(answerOf);
  expect((await internal(stack.demo.tenants[0]?.tenantId ?? "")).status).toBe(200);
  await internal("ten_01JD0000000000000000000000").then(refused);
  await internal("any", { ...session, sessionToken: `${sessionToken}x` }).then(refused);
  // As AWS does, the gateway repeats to callers what they should have signed, the session token among it.
  const missigned = await internal("any", { ...session, secretAccessKey: `${secretAccessKey}x` });
  expect(missigned.status).toBe(403);
  said.push(JSON.stringify(missigned.body).replaceAll(sessionToken, ""));
  marks.set(/^logs\/access\.log$/, "internal-cli");
}

async function signIn(credentials: { clientId: string; clientSecret: string; apiKey: string }) {
  const machine = await Machine.signIn(stack.demo, credentials);
  secrets.addToken("a machine's token", machine.token);
  return machine;
}

/** Calls the API as one of the demo's people. */
async function signInAs(username: string) {
  const operator = stack.demo.operators.find((candidate) => candidate.username === username);
  if (!operator) throw new Error(`there is no ${username}`);
  const { accessToken, idToken, refreshToken } = await signInPerson(stack.demo, operator);
  secrets.addToken(`${username}'s access token`, accessToken);
  secrets.addToken(`${username}'s ID token`, idToken);
  secrets.addToken(`${username}'s refresh token`, refreshToken);
  const headers = { Authorization: `Bearer ${accessToken}` };
  return (method: string, path: string, body?: unknown) =>
    call(`${stack.demo.apiUrl}${path}`, method, { headers, ...(body !== undefined && { body }) });
}

function refused({ status, headers, body }: Answer): void {
  expect(status).toBeGreaterThanOrEqual(400);
  said.push(JSON.stringify([...headers]), JSON.stringify(body));
}

async function found(): Promise<string[]> {
  const traces = await tracesOf(stack, TABLES);
  return traces.flatMap(({ place, text }) => secrets.in(text).map((what) => `${what} in ${place}`));
}

describe("no secret, key, password or token", () => {
  it("is in any log, table, file or store but those that must keep it", async () => {
    expect(secrets.size).toBeGreaterThan(60);
    expect(await found()).toEqual([]);
  });

  it("is in any refusal, or beside a result at the command line", () => {
    expect(said.length).toBeGreaterThan(25);
    expect(said.flatMap((text) => secrets.in(text))).toEqual([]);
  });

  it("could be there unseen: what is known to be in a place is found in it", async () => {
    const traces = await tracesOf(stack, TABLES);
    for (const [place, mark] of marks)
      expect([
        place,
        traces.filter((trace) => place.test(trace.place)).some(({ text }) => text.includes(mark)),
      ]).toEqual([place, true]);
    expect(traces.map(({ place }) => place)).toContain("the local AWS's cognito-users");
  });

  it("goes unnoticed when somebody writes it into an item or a log", async () => {
    const [{ clientSecret = "", apiKey = "" } = {}] = stack.demo.tenants;
    const dynamoDb = new DynamoDBClient({
      endpoint: stack.demo.awsEndpoint,
      region: stack.demo.region,
      credentials: { accessKeyId: "operator", secretAccessKey: "operator" },
    });
    const Item = { pk: { S: "audit#2027-01" }, sk: { S: "planted" }, note: { S: `key ${apiKey}` } };
    await dynamoDb.send(new PutItemCommand({ TableName: CONTROL_TABLE, Item }));
    appendFileSync(join(stack.place.home, "logs", "access.log"), `${JSON.stringify({ clientSecret })}\n`);
    const planted = await found();
    expect(planted).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/API key in the table .*control$/),
        expect.stringMatching(/secret in .*access\.log$/),
        expect.stringMatching(/API key in state.dynamodb/),
      ]),
    );
  });
});
