import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { TENANT_CLAIM } from "../../src/domain/access/token-claims.ts";
import { demoPlace } from "../support/demo-stack.ts";
import { startInProcessAws } from "../support/in-process-aws.ts";
import { newMachine } from "../support/operator.ts";
import { compiledStack, routesUnder } from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PATIENCE_MILLISECONDS = 20_000;

type Reporter = Awaited<ReturnType<typeof newMachine>>;

let alice: Reporter;
let bob: Reporter;
beforeAll(async () => {
  [alice, bob] = await Promise.all([newMachine("premium"), newMachine("standard")]);
});

const event = (data: object = {}) => ({ id: crypto.randomUUID(), type: "bag.loaded", data });

/** Everything that the rule for all events has written. */
function logged(): { id: string; source: string; "detail-type": string; detail: Record<string, unknown> }[] {
  const group = compiledStack().ref("TenantEventLogGroup").replace(/^\//, "").replaceAll("/", "-");
  const file = join(demoPlace().home, "logs", `${group}.log`);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

async function inLog(eventId: string) {
  for (const end = Date.now() + PATIENCE_MILLISECONDS; Date.now() < end; await setTimeout(50)) {
    const found = logged().find(({ id }) => id === eventId);
    if (found) return found;
  }
  throw new Error(`the event ${eventId} did not arrive`);
}

describe("POST /v1/events", () => {
  it("refuses a machine without the scope, without a key, and with another tenant's key, and puts nothing", async () => {
    const reader = await newMachine("standard", ["flights.read"]);
    const refused = event();
    expect((await reader.call("POST", "/v1/events", { body: refused })).status).toBe(401);
    const noKey = { body: refused, headers: { "x-api-key": undefined } };
    expect((await alice.call("POST", "/v1/events", noKey)).status).toBe(403);
    const foreign = await alice.call("POST", "/v1/events", {
      body: refused,
      headers: { "x-api-key": bob.apiKey },
    });
    expect(foreign.status).toBe(403);
    expect(foreign.body).toMatchObject({
      type: "urn:gatehouse:problem:foreign-api-key",
      requestId: foreign.headers.get("x-amzn-requestid"),
    });
    const taken = await alice.call("POST", "/v1/events", { body: event() });
    await inLog((taken.body as { eventId: string }).eventId);
    expect(logged().filter(({ detail }) => detail.id === refused.id)).toEqual([]);
  });

  it("takes an event for the token's tenant, which reaches the bus's targets", async () => {
    const sent = event({ note: `it's "${bob.tenant.tenantId}"`, subject: bob.tenant.tenantId });
    const { status, body } = await alice.call("POST", "/v1/events", { body: sent });
    expect(status).toBe(202);
    const arrived = await inLog((body as { eventId: string }).eventId);
    expect(arrived).toMatchObject({ source: "gatehouse.ingest", "detail-type": "bag.loaded" });
    expect(arrived.detail).toMatchObject({
      id: sent.id,
      source: `urn:gatehouse:tenant:${alice.tenant.tenantId}`,
      subject: alice.tenant.tenantId,
      data: sent.data,
    });
  });
});

describe("the bus of tenants' events", () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startInProcessAws();
  });
  afterAll(() => aws.close());

  it("takes them from the gateway's role alone: not from a function, nor from the account itself", async () => {
    const put = (credentials: { accessKeyId: string; secretAccessKey: string }, Source: string) =>
      new EventBridgeClient({
        region: "us-east-1",
        endpoint: aws.endpoint,
        credentials,
        maxAttempts: 1,
      }).send(
        new PutEventsCommand({
          Entries: [
            { EventBusName: compiledStack().ref("TenantEventBus"), Source, DetailType: "x", Detail: "{}" },
          ],
        }),
      );
    const denied = { name: "AccessDeniedException" };
    const account = { accessKeyId: "AKIALOCALADMIN", secretAccessKey: "secret" };
    const createFlight = aws.identities.forFunction("CreateFlightLambdaFunction");
    await expect(put(account, "gatehouse.ingest")).rejects.toMatchObject(denied);
    await expect(put(createFlight, "gatehouse.ingest")).rejects.toMatchObject(denied);
    const role = aws.identities.roles.named(compiledStack().ref("IngestRole"));
    if (!role) throw new Error("the template has no IngestRole");
    const gateway = aws.identities.issue(role, "apigateway", { durationSeconds: 900 });
    await expect(put(gateway, "gatehouse.billing")).rejects.toMatchObject(denied);
    expect((await put(gateway, "gatehouse.ingest")).FailedEntryCount).toBe(0);
  });
});

describe("the method", () => {
  const method = routesUnder("v1").find(({ path }) => path === "/v1/events");
  const properties = (method?.properties ?? {}) as {
    AuthorizationScopes: string[];
    Integration: { RequestTemplates: Record<string, string>; PassthroughBehavior: string };
  };

  it("asks for its scope and validates the body by the schema", () => {
    expect(method?.authorizer).toBe("TenantAuthorizer");
    expect(properties.AuthorizationScopes).toEqual(["airline/events.write"]);
    const model = compiledStack().resource(method?.model ?? "").properties;
    expect(model.Schema).toEqual(JSON.parse(readFileSync(join(ROOT, "schemas", "new-event.json"), "utf8")));
    expect(compiledStack().resource("NewEventValidator").properties.ValidateRequestBody).toBe(true);
  });

  it("takes the tenant out of the claim that the trigger writes, and passes no other content type on", () => {
    const { RequestTemplates, PassthroughBehavior } = properties.Integration;
    expect(Object.keys(RequestTemplates)).toEqual(["application/json"]);
    expect(RequestTemplates["application/json"]).toContain(
      `#set($tenant = $context.authorizer.claims.${TENANT_CLAIM})`,
    );
    expect(PassthroughBehavior).toBe("NEVER");
  });
});
