import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { credentials, type EdgeUnderTest, startEdge } from "./edge-under-test.ts";
import { send, sessionOf, signed } from "./signed-call.ts";
import { authorizerThat, statement, walls } from "./walls-template.ts";
import { webAclTemplate } from "./web-acl-template.ts";

const OFFICE = "192.0.2.7";
const ELSEWHERE = "198.51.100.7";
const BAD_BODY = { body: '{"number":1}', headers: { "content-type": "application/json" } };

let edge: EdgeUnderTest;
beforeAll(async () => {
  const outside = { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } };
  edge = await startEdge({
    ...walls([statement({}), statement({ Effect: "Deny", Condition: outside })]),
    ...(await webAclTemplate({ deniedUserAgents: ["sqlmap"] })),
  });
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.from = { sourceIp: OFFICE };
  edge.events.length = 0;
  edge.metered.length = 0;
  edge.admission = { outcome: "admitted", apiKeyId: "key-id-1" };
  edge.stageAdmits = true;
  edge.handlers.authorize = () => authorizerThat("allow");
});

interface Seen {
  readonly status: number;
  readonly errorType: string | undefined;
  readonly message: string;
}

async function call(method: string, path: string, options: RequestInit = {}): Promise<Seen> {
  const response = await fetch(`${edge.url}${path}`, { method, ...options });
  const body = (await response.json()) as { message?: string; Message?: string };
  return {
    status: response.status,
    errorType: response.headers.get("x-amzn-errortype") ?? undefined,
    message: body.message ?? body.Message ?? "",
  };
}

const DENIED = {
  status: 403,
  errorType: "AccessDeniedException",
  message: expect.stringMatching(/^User: anonymous is not authorized .* with an explicit deny$/),
};
const UNAUTHORIZED = { status: 401, errorType: "UnauthorizedException", message: "Unauthorized" };
const FORBIDDEN = { status: 403, errorType: "ForbiddenException", message: "Forbidden" };
const MISSING = {
  status: 403,
  errorType: "MissingAuthenticationTokenException",
  message: "Missing Authentication Token",
};
const THROTTLED = { status: 429, errorType: "TooManyRequestsException", message: "Too Many Requests" };
const EXCEEDED = { status: 429, errorType: "LimitExceededException", message: "Limit Exceeded" };

/** Each call violates two walls at once; whose refusal it gets shows which comes first. */
describe("a call that violates two walls is refused by the first of them:", () => {
  it("web ACL before route, resource policy, authorizer and key", async () => {
    edge.from = { sourceIp: ELSEWHERE };
    const headers = { "user-agent": "sqlmap" };
    for (const path of ["/v1/nowhere", "/v1/open", "/v1/staff", "/v1/flights", "/v1/reports/r1"])
      expect([path, await call("GET", path, { headers })]).toEqual([path, FORBIDDEN]);
    expect(edge.metered).toEqual([]);
  });

  it("route before resource policy", async () => {
    edge.from = { sourceIp: ELSEWHERE };
    expect(await call("GET", "/v1/nowhere")).toEqual(MISSING);
  });

  it("resource policy before Lambda authorizer", async () => {
    edge.from = { sourceIp: ELSEWHERE };
    expect(await call("GET", "/v1/staff")).toEqual(DENIED);
    edge.handlers.authorize = () => authorizerThat("deny");
    expect(await call("GET", "/v1/staff", { headers: { authorization: "token" } })).toEqual(DENIED);
    expect(edge.events).toEqual([]);
  });

  it("Cognito's token before resource policy", async () => {
    edge.from = { sourceIp: ELSEWHERE };
    expect(await call("GET", "/v1/flights")).toEqual(UNAUTHORIZED);
  });

  it("signature before resource policy, resource policy before the caller's own policies", async () => {
    edge.from = { sourceIp: ELSEWHERE };
    expect(await call("GET", "/v1/reports/r1")).toEqual(MISSING);
    const forged = { ...sessionOf(edge, "reader"), secretAccessKey: "forged" };
    const wrong = await send(edge, await signed(edge, { credentials: forged }));
    expect([wrong.status, wrong.errorType]).toEqual([403, "InvalidSignatureException"]);
    const barred = await send(edge, await signed(edge, { credentials: sessionOf(edge, "barred") }));
    expect(barred.message).toMatch(/with an explicit deny in a resource-based policy$/);
  });

  it("resource policy before API key", async () => {
    edge.from = { sourceIp: ELSEWHERE };
    const { authorization = "" } = credentials();
    expect(await call("GET", "/v1/flights", { headers: { authorization } })).toEqual(DENIED);
    expect(edge.metered).toEqual([]);
  });

  it("resource policy before model", async () => {
    edge.from = { sourceIp: ELSEWHERE };
    const headers = { ...BAD_BODY.headers, ...credentials({ scope: "airline/flights.write" }) };
    expect(await call("POST", "/v1/flights", { ...BAD_BODY, headers })).toEqual(DENIED);
  });

  it("authorizer before API key", async () => {
    expect(await call("GET", "/v1/flights", { headers: { "x-api-key": "unknown" } })).toEqual(UNAUTHORIZED);
    expect(edge.metered).toEqual([]);
  });

  it("authorizer before model", async () => {
    expect(await call("POST", "/v1/flights", BAD_BODY)).toEqual(UNAUTHORIZED);
  });

  it("API key before throttle, throttle before model", async () => {
    edge.admission = { outcome: "throttled", apiKeyId: "key-id-1" };
    const good = { ...BAD_BODY.headers, ...credentials() };
    const unknown = { ...good, "x-api-key": "unknown" };
    expect(await call("POST", "/v1/flights", { ...BAD_BODY, headers: unknown })).toEqual(FORBIDDEN);
    expect(await call("POST", "/v1/flights", { ...BAD_BODY, headers: good })).toEqual(THROTTLED);
    edge.admission = { outcome: "quotaExceeded", apiKeyId: "key-id-1" };
    expect(await call("POST", "/v1/flights", { ...BAD_BODY, headers: good })).toEqual(EXCEEDED);
  });

  it("usage plan before the stage's throttle, that before model", async () => {
    edge.stageAdmits = false;
    const headers = { ...BAD_BODY.headers, ...credentials() };
    expect(await call("POST", "/v1/flights", { ...BAD_BODY, headers })).toEqual(THROTTLED);
    edge.admission = { outcome: "quotaExceeded", apiKeyId: "key-id-1" };
    expect(await call("POST", "/v1/flights", { ...BAD_BODY, headers })).toEqual(EXCEEDED);
  });

  it("model before function", async () => {
    const headers = { ...BAD_BODY.headers, ...credentials() };
    expect(await call("POST", "/v1/flights", { ...BAD_BODY, headers })).toEqual({
      status: 400,
      errorType: "BadRequestException",
      message: "Invalid request body",
    });
    expect(edge.events).toEqual([]);
  });

  it("and one that violates none gets in", async () => {
    const headers = { "content-type": "application/json", ...credentials() };
    const body = JSON.stringify({ number: "GH117" });
    expect((await call("POST", "/v1/flights", { body, headers })).status).toBe(200);
  });
});
