import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { credentials, type EdgeUnderTest, GOOD_KEY, seen, startEdge } from "./edge-under-test.ts";

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.events.length = 0;
  edge.metered.length = 0;
  edge.handlers.echo = () => ({ statusCode: 200, body: "{}" });
  edge.admission = { outcome: "admitted", apiKeyId: "key-id-1" };
});

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(edge.url + path, {
    method: "POST",
    body,
    headers: { ...credentials(), "content-type": "application/json", ...headers },
  });

const NO_ROUTE = {
  status: 403,
  body: { message: "Missing Authentication Token" },
  errorType: "MissingAuthenticationTokenException",
};
const FORBIDDEN = { status: 403, body: { message: "Forbidden" }, errorType: "ForbiddenException" };
const INVALID_BODY = {
  status: 400,
  body: { message: "Invalid request body" },
  errorType: "BadRequestException",
};
const FAILED = {
  status: 502,
  body: { message: "Internal server error" },
  errorType: "InternalServerErrorException",
};

describe("a route that is not there", () => {
  it.each([
    ["GET", "/v2"],
    ["GET", "/v1"],
    ["GET", "/"],
    ["DELETE", "/v1/flights"],
    ["PUT", "/v1/open"],
    ["GET", "/v1/flights/"],
    ["GET", "/v1/flights/x/y"],
    ["GET", "/V1/flights"],
    ["GET", "/v1/files"],
  ])("%s %s is answered Missing Authentication Token", async (method, path) => {
    expect(await seen(await fetch(edge.url + path, { method }))).toEqual(NO_ROUTE);
    expect(edge.metered).toEqual([]);
  });

  it("a stage that is not deployed is answered Forbidden, and nothing is logged", async () => {
    const lines = edge.logLines.length;
    expect(await seen(await fetch(`${edge.origin}/prod/v1/open`))).toEqual(FORBIDDEN);
    expect(await seen(await fetch(`${edge.origin}/devil/v1/open`))).toEqual(FORBIDDEN);
    expect(edge.logLines).toHaveLength(lines);
  });

  it("a path that cannot be decoded is answered Bad Request", async () => {
    expect(await seen(await fetch(`${edge.url}/v1/%E0%A4%A`))).toEqual({
      status: 400,
      body: { message: "Bad Request" },
      errorType: "BadRequestException",
    });
  });
});

describe("a method that requires an API key", () => {
  it("refuses a call without one and with an unknown one", async () => {
    const { authorization = "" } = credentials();
    for (const headers of [{ authorization }, { authorization, "x-api-key": "unknown" }])
      expect(await seen(await fetch(`${edge.url}/v1/flights`, { headers }))).toEqual(FORBIDDEN);
    expect(edge.events).toEqual([]);
  });

  it("answers 429 over rate and over quota", async () => {
    const { authorization = "" } = credentials();
    const headers = { authorization, "x-api-key": GOOD_KEY };
    edge.admission = { outcome: "throttled", apiKeyId: "key-id-1" };
    expect(await seen(await fetch(`${edge.url}/v1/flights`, { headers }))).toEqual({
      status: 429,
      body: { message: "Too Many Requests" },
      errorType: "TooManyRequestsException",
    });
    edge.admission = { outcome: "quotaExceeded", apiKeyId: "key-id-1" };
    expect(await seen(await fetch(`${edge.url}/v1/flights`, { headers }))).toEqual({
      status: 429,
      body: { message: "Limit Exceeded" },
      errorType: "LimitExceededException",
    });
  });

  it("answers 429 over the stage's own throttle, which spends of the plan first", async () => {
    edge.stageAdmits = false;
    const { status } = await fetch(`${edge.url}/v1/flights`, { headers: credentials() });
    edge.stageAdmits = true;
    expect(status).toBe(429);
    expect(edge.metered).toHaveLength(1);
  });

  it("asks the usage plan by resource path, not by the path that was called", async () => {
    await fetch(`${edge.url}/v1/flights/f%201?x=1`, { headers: credentials() });
    expect(edge.metered).toEqual([
      {
        apiKey: GOOD_KEY,
        restApiId: expect.any(String),
        stage: "dev",
        resourcePath: "/v1/flights/{flightId}",
        httpMethod: "GET",
      },
    ]);
  });
});

describe("validation", () => {
  it.each([
    ["no body", ""],
    ["no JSON", "{"],
    ["a member missing", "{}"],
    ["a member of another type", '{"number":1}'],
    ["a member too many", '{"number":"GH117","x":1}'],
    ["a list", "[]"],
    ["null", "null"],
  ])("refuses %s where a model is asked for", async (_what, body) => {
    expect(await seen(await post("/v1/flights", body))).toEqual(INVALID_BODY);
    expect(edge.events).toEqual([]);
  });

  it("reads parameters of the content type away and takes application/json when there is none", async () => {
    const charset = { "content-type": "Application/JSON; charset=utf-8" };
    expect((await post("/v1/flights", "{}", charset)).status).toBe(400);
    const none = await fetch(`${edge.url}/v1/flights`, {
      method: "POST",
      headers: credentials(),
      body: Buffer.from("{}"),
    });
    expect(none.status).toBe(400);
  });

  it("lets a content type without a model through to the function, as AWS does", async () => {
    expect((await post("/v1/flights", "<flight/>", { "content-type": "application/xml" })).status).toBe(200);
    expect(edge.events[0]?.body).toBe("<flight/>");
  });

  it("names every required parameter that is missing or blank", async () => {
    expect(await seen(await post("/v1/flights/search?origin=", '{"number":"GH117"}'))).toEqual({
      status: 400,
      body: { message: "Missing required request parameters: [origin, destination]" },
      errorType: "BadRequestException",
    });
    expect((await post("/v1/flights/search?origin=LHR&destination=JFK", '{"number":"GH1"}')).status).toBe(
      200,
    );
  });
});

describe("two violations at once show the order of the checks", () => {
  it("route before token", async () => {
    expect((await seen(await fetch(`${edge.url}/v9`))).status).toBe(403);
  });

  it("token before key", async () => {
    expect((await fetch(`${edge.url}/v1/flights`)).status).toBe(401);
    expect(edge.metered).toEqual([]);
  });

  it("key before validation", async () => {
    expect(await seen(await post("/v1/flights", "{", { "x-api-key": "unknown" }))).toEqual(FORBIDDEN);
  });

  it("usage plan before validation", async () => {
    edge.admission = { outcome: "throttled", apiKeyId: "key-id-1" };
    expect((await post("/v1/flights", "{")).status).toBe(429);
  });

  it("parameters before body", async () => {
    const { body } = await seen(await post("/v1/flights/search", "{"));
    expect(body).toEqual({ message: "Missing required request parameters: [origin, destination]" });
  });

  it("validation before the function", async () => {
    await post("/v1/flights", "{");
    expect(edge.events).toEqual([]);
  });
});

describe("an integration that fails", () => {
  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("secret detail");
      },
    ],
    ["answers nothing", () => undefined],
    ["answers text", () => "ok"],
    ["answers a list", () => []],
    ["answers without a status", () => ({ body: "{}" })],
    ["answers a status that is none", () => ({ statusCode: "ok" })],
    ["answers a status out of range", () => ({ statusCode: 99 })],
    ["answers a body that is no text", () => ({ statusCode: 200, body: { a: 1 } })],
    ["answers headers that are no text", () => ({ statusCode: 200, headers: { a: { b: 1 } } })],
    ["answers headers as a list", () => ({ statusCode: 200, headers: ["a"] })],
    [
      "answers multiValueHeaders that are no lists",
      () => ({ statusCode: 200, multiValueHeaders: { a: "b" } }),
    ],
  ])("a function that %s gives 502 without any detail", async (_what, handler) => {
    edge.handlers.echo = handler;
    expect(await seen(await fetch(`${edge.url}/v1/open`))).toEqual(FAILED);
  });

  it("a function that takes too long gives 504", async () => {
    edge.handlers.echo = () => new Promise((resolve) => setTimeout(resolve, 400, { statusCode: 200 }));
    expect(await seen(await fetch(`${edge.url}/v1/slow`))).toEqual({
      status: 504,
      body: { message: "Endpoint request timed out" },
      errorType: "InternalServerErrorException",
    });
  });
});

describe("a body that is too large", () => {
  it("over 10 MB is refused in front of the API, in plain text", async () => {
    const response = await post("/v1/open", "x".repeat(10 * 1024 * 1024 + 1));
    expect(response.status).toBe(413);
    expect(await response.text()).toBe("HTTP content length exceeded 10485760 bytes.");
    expect(edge.events).toEqual([]);
  });

  it("over what a function may be given is refused by the API", async () => {
    expect(await seen(await post("/v1/open", "x".repeat(6 * 1024 * 1024 + 1)))).toEqual({
      status: 413,
      body: { message: "Request Too Long" },
      errorType: "BadRequestException",
    });
  });
});

describe("every answer", () => {
  it.each(["/v1/open", "/v1/flights", "/nowhere"])("to %s carries the request's ids", async (path) => {
    const { headers } = await fetch(edge.url + path);
    expect(headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get("x-amz-apigw-id")).toMatch(/^[\w+/]{15}=$/);
  });
});
