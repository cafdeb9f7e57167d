import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";
import { credentials, type EdgeUnderTest, startEdge } from "./edge-under-test.ts";
import { method, resource } from "./template.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const templates: Record<"request" | "responses" | "methodResponses", unknown> = createRequire(
  import.meta.url,
)(join(ROOT, "resources", "ingest-templates.cjs"));

const ULID = "01JD0000000000000000000000";
const TENANT = `ten_${ULID}`;
const OTHER = "ten_01JD0000000000000000000001";
const KEY = `${ULID}${"k".repeat(40)}`;
const OTHER_KEY = `${OTHER.slice(4)}${"k".repeat(40)}`;
const ACCEPTED = { status: 200, body: '{"FailedEntryCount":0,"Entries":[{"EventId":"e-1"}]}' };
const EVENT = { id: "bag-1", type: "bag.loaded", data: { weight: 7 } };

/** The method of resources/ingest.yml with its own mapping templates and model. */
const resources: Record<string, TemplateResource> = {
  TenantEventBus: { Type: "AWS::Events::EventBus", Properties: { Name: "tenant-events" } },
  IngestRole: { Type: "AWS::IAM::Role", Properties: { RoleName: "ingest" } },
  EventModel: {
    Type: "AWS::ApiGateway::Model",
    Properties: {
      RestApiId: { Ref: "Api" },
      Name: "NewEvent",
      ContentType: "application/json",
      Schema: JSON.parse(readFileSync(join(ROOT, "schemas", "new-event.json"), "utf8")),
    },
  },
  Events: resource("V1", "events"),
  PostEvents: method(
    "Events",
    "POST",
    {
      AuthorizationType: "COGNITO_USER_POOLS",
      AuthorizerId: { Ref: "Authorizer" },
      AuthorizationScopes: ["airline/events.write"],
      ApiKeyRequired: true,
      RequestValidatorId: { Ref: "Validator" },
      RequestModels: { "application/json": { Ref: "EventModel" } },
    },
    {
      Type: "AWS",
      Uri: "arn:aws:apigateway:eu-west-1:events:action/PutEvents",
      Credentials: { "Fn::GetAtt": ["IngestRole", "Arn"] },
      PassthroughBehavior: "NEVER",
      RequestParameters: { "integration.request.header.X-Amz-Target": "'AWSEvents.PutEvents'" },
      RequestTemplates: { "application/json": templates.request },
      IntegrationResponses: templates.responses,
    },
  ),
};

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdge(resources);
  edge.apiKeys.add(KEY);
  edge.apiKeys.add(OTHER_KEY);
});
afterAll(async () => {
  await edge.close();
  expect(edge.errors).toEqual([]);
});
beforeEach(() => {
  edge.serviceRequests.length = 0;
  edge.serviceAnswer = ({ body }) => (entriesOf(body).length === 0 ? NO_ENTRIES : ACCEPTED);
});

const NO_ENTRIES = { status: 400, body: '{"__type":"ValidationException","message":"…"}' };

function entriesOf(body: string): Record<string, string>[] {
  return JSON.parse(body).Entries;
}

/** The detail of the one event that was asked for. */
function detailOf(body = edge.serviceRequests.at(-1)?.body ?? ""): Record<string, unknown> {
  const [entry, another] = entriesOf(body);
  if (!entry || another) throw new Error(`not one entry: ${body}`);
  return JSON.parse(entry.Detail ?? "");
}

function post(
  body: unknown,
  options: { claims?: Record<string, unknown>; headers?: Record<string, string> } = {},
): Promise<Response> {
  const claims = { scope: "airline/events.write", gatehouse_tenant: TENANT, ...options.claims };
  return fetch(`${edge.url}/v1/events`, {
    method: "POST",
    headers: {
      ...credentials(claims),
      "x-api-key": KEY,
      "content-type": "application/json",
      ...options.headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

describe("an event is refused, and nothing is put,", () => {
  it.each([
    ["without the scope", EVENT, { claims: { scope: "airline/flights.write" } }, 401],
    ["with a key that there is not", EVENT, { headers: { "x-api-key": "x" } }, 403],
    ["whose body names a tenant", { ...EVENT, tenantId: OTHER }, {}, 400],
    ["without an id", { type: "a", data: {} }, {}, 400],
    ["whose type could be more than a name", { ...EVENT, type: 'a","Source":"gatehouse.billing' }, {}, 400],
    ["whose data is a text", { ...EVENT, data: '{"a":1}' }, {}, 400],
    ["that is no JSON", "{", {}, 400],
    ["of another content type", EVENT, { headers: { "content-type": "text/plain" } }, 415],
  ])("%s", async (_why, body, options, status) => {
    expect((await post(body, options)).status).toBe(status);
    expect(edge.serviceRequests).toEqual([]);
  });

  it.each([
    ["with another tenant's key", { headers: { "x-api-key": OTHER_KEY } }],
    ["with a key that begins like no tenant's", { headers: { "x-api-key": "k".repeat(40) } }],
    ["whose token has no tenant", { claims: { gatehouse_tenant: undefined } }],
    ["whose token has an empty tenant", { claims: { gatehouse_tenant: "" } }],
    ["whose token's tenant is a prefix alone", { claims: { gatehouse_tenant: "ten_" } }],
    ["whose token's tenant is part of one", { claims: { gatehouse_tenant: TENANT.slice(0, 20) } }],
  ])("%s", async (_why, options) => {
    const refused = await post(EVENT, options);
    expect(refused.status).toBe(403);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(await refused.json()).toMatchObject({
      type: "urn:gatehouse:problem:foreign-api-key",
      status: 403,
      message: "Forbidden",
      requestId: refused.headers.get("x-amzn-requestid"),
    });
    expect(edge.serviceRequests.map(({ body }) => entriesOf(body))).toEqual([[]]);
  });
});

describe("what EventBridge does not take is never a success", () => {
  const failed = (ErrorCode: string) => ({
    status: 200,
    body: JSON.stringify({ FailedEntryCount: 1, Entries: [{ ErrorCode, ErrorMessage: "secret of ours" }] }),
  });
  it.each([
    ["a refused entry", failed("NotAuthorizedForSourceException"), 500, "internal"],
    ["an entry that is throttled", failed("ThrottlingException"), 503, "unavailable"],
    ["an entry that met a fault", failed("InternalFailure"), 503, "unavailable"],
    ["an answer without a count", { status: 200, body: "{}" }, 500, "internal"],
    ["an answer that is no JSON", { status: 200, body: "<html>" }, 500, "internal"],
    ["too large an entry", NO_ENTRIES, 413, "request-too-large"],
    ["a role that may not", { status: 400, body: '{"__type":"AccessDeniedException"}' }, 500, "internal"],
    ["throttling", { status: 400, body: '{"__type":"ThrottlingException"}' }, 503, "unavailable"],
    ["a refusal without a type", { status: 403, body: "" }, 500, "internal"],
    ["a fault", { status: 500, body: '{"__type":"InternalException"}' }, 503, "unavailable"],
    ["a redirection", { status: 302, body: "" }, 503, "unavailable"],
  ])("%s", async (_what, answer, status, problem) => {
    edge.serviceAnswer = () => answer;
    const response = await post(EVENT);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("retry-after")).toBe(status === 503 ? "1" : null);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      type: `urn:gatehouse:problem:${problem}`,
      status,
      requestId: response.headers.get("x-amzn-requestid"),
    });
    expect(text).not.toContain("secret");
  });
});

describe("an event that is taken", () => {
  it("is answered with 202 and its id, and is a CloudEvent of the token's tenant", async () => {
    const response = await post(EVENT);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ eventId: "e-1" });
    const [request] = edge.serviceRequests;
    expect(request).toMatchObject({
      service: "events",
      action: "PutEvents",
      roleArn: "arn:aws:iam::000000000000:role/ingest",
      headers: { "X-Amz-Target": "AWSEvents.PutEvents" },
    });
    expect(entriesOf(request?.body ?? "")).toEqual([
      {
        EventBusName: "tenant-events",
        Source: "gatehouse.ingest",
        DetailType: "bag.loaded",
        Detail: expect.any(String),
      },
    ]);
    expect(detailOf()).toEqual({
      specversion: "1.0",
      id: "bag-1",
      source: `urn:gatehouse:tenant:${TENANT}`,
      type: "bag.loaded",
      subject: TENANT,
      requestid: response.headers.get("x-amz-apigw-id"),
      clientid: "client-1",
      datacontenttype: "application/json",
      data: { weight: 7 },
    });
  });

  it.each([
    `'`,
    `\\'`,
    `\\\\'`,
    `"`,
    `\\"`,
    `","subject":"${OTHER}`,
    `\\",\\"subject\\":\\"${OTHER}`,
    `'}"}],"Entries":[{`,
    "$context.authorizer.claims.client_id",
    "#set($tenant = 'x')$tenant",
    "#end #if(true)",
    "</script>",
    "\u2028\u0000\u007f\ud800",
    "😀é",
  ])("has %j in its data unchanged, as a name and as a value", async (text) => {
    const data = { text, [text]: [text, { deep: text }] };
    expect((await post({ ...EVENT, data })).status).toBe(202);
    expect(detailOf().data).toEqual(JSON.parse(JSON.stringify(data)));
    expect(detailOf().subject).toBe(TENANT);
  });

  it("has exactly the token's tenant, and the data that was sent, whatever that is", async () => {
    const awkward = fc.string({
      unit: fc.constantFrom("'", '"', "\\", "$", "#", "{", "}", ",", ":", "/", "é", "\n", "a", TENANT, OTHER),
    });
    const data = fc.dictionary(
      awkward,
      fc.oneof(fc.jsonValue(), awkward, fc.array(awkward), fc.dictionary(awkward, awkward)),
    );
    await fc.assert(
      fc.asyncProperty(data, async (given) => {
        // JSON has no -0.
        const sent = JSON.parse(JSON.stringify(given));
        expect((await post({ ...EVENT, data: sent })).status).toBe(202);
        const { subject, source, clientid, data: received } = detailOf();
        expect({ subject, source, clientid }).toEqual({
          subject: TENANT,
          source: `urn:gatehouse:tenant:${TENANT}`,
          clientid: "client-1",
        });
        expect(JSON.stringify(received)).toBe(JSON.stringify(sent));
      }),
      { numRuns: 300 },
    );
  });

  it("or refused: no body of any shape reaches the bus as another tenant's, or as anything but one event of ours", async () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(OTHER, "bag.loaded", "e1", { Source: "aws.ec2" }));
    const body = fc.record(
      {
        id: fc.oneof(value, fc.constant("e1")),
        type: fc.oneof(value, fc.constant("bag.loaded")),
        data: value,
        subject: value,
        Entries: value,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, fc.jsonValue()), async (sent) => {
        edge.serviceRequests.length = 0;
        const { status } = await post(JSON.stringify(sent));
        expect([202, 400]).toContain(status);
        expect(edge.serviceRequests).toHaveLength(status === 202 ? 1 : 0);
        if (status !== 202) return;
        expect(entriesOf(edge.serviceRequests[0]?.body ?? "")[0]).toMatchObject({
          EventBusName: "tenant-events",
          Source: "gatehouse.ingest",
        });
        expect(detailOf().subject).toBe(TENANT);
      }),
      { numRuns: 300 },
    );
  });
});
