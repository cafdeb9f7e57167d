import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { credentials, type EdgeUnderTest, GOOD_KEY, NOW, startEdge } from "./edge-under-test.ts";

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.events.length = 0;
  edge.handlers.echo = () => ({ statusCode: 200, body: "{}" });
});

describe("the event", () => {
  it("is the one of a REST API", async () => {
    const response = await fetch(`${edge.url}/v1/flights/f%20%2F1?limit=5&x=a%20b&x=c`, {
      headers: { ...credentials(), "user-agent": "tests", "X-Forwarded-For": "203.0.113.9" },
    });
    const [event] = edge.events;
    expect(event).toMatchObject({
      resource: "/v1/flights/{flightId}",
      path: "/v1/flights/f%20%2F1",
      httpMethod: "GET",
      pathParameters: { flightId: "f /1" },
      queryStringParameters: { limit: "5", x: "c" },
      multiValueQueryStringParameters: { limit: ["5"], x: ["a b", "c"] },
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
    });
    expect(event?.headers).toMatchObject({
      "user-agent": "tests",
      "X-Forwarded-For": "203.0.113.9, 127.0.0.1",
      "X-Forwarded-Proto": "https",
    });
    expect(event?.headers["X-Amzn-Trace-Id"]).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect(Object.keys(event?.headers ?? {})).not.toContain("connection");
    expect(event?.multiValueHeaders["user-agent"]).toEqual(["tests"]);
    expect(event?.requestContext).toMatchObject({
      accountId: "000000000000",
      apiId: expect.stringMatching(/^[a-z0-9]{10}$/),
      domainName: `${event?.requestContext.apiId}.execute-api.eu-west-1.amazonaws.com`,
      extendedRequestId: response.headers.get("x-amz-apigw-id"),
      httpMethod: "GET",
      path: "/dev/v1/flights/f%20%2F1",
      protocol: "HTTP/1.1",
      requestId: response.headers.get("x-amzn-requestid"),
      requestTime: "20/Nov/2026:12:00:00 +0000",
      requestTimeEpoch: NOW,
      resourceId: expect.any(String),
      resourcePath: "/v1/flights/{flightId}",
      stage: "dev",
      identity: {
        apiKey: GOOD_KEY,
        apiKeyId: "key-id-1",
        sourceIp: "127.0.0.1",
        userAgent: "tests",
        userArn: null,
      },
    });
  });

  it("has null where there is nothing, and no key where none is required", async () => {
    await fetch(`${edge.url}/v1/open`, { headers: { "x-api-key": GOOD_KEY } });
    const [event] = edge.events;
    expect(event?.queryStringParameters).toBeNull();
    expect(event?.multiValueQueryStringParameters).toBeNull();
    expect(event?.pathParameters).toBeNull();
    expect(event?.requestContext.identity).not.toHaveProperty("apiKeyId");
  });

  it("takes a parameter of any name", async () => {
    await fetch(`${edge.url}/v1/open?__proto__=a&constructor=b`);
    expect(Object.entries(edge.events[0]?.queryStringParameters ?? {})).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });

  it("has text as it came and binary media types in base64", async () => {
    const bytes = new Uint8Array([0, 255, 128]);
    await fetch(`${edge.url}/v1/open`, {
      method: "POST",
      body: bytes,
      headers: { "content-type": "image/png" },
    });
    await fetch(`${edge.url}/v1/open`, { method: "POST", body: "Grüße" });
    expect(edge.events[0]).toMatchObject({ body: "AP+A", isBase64Encoded: true });
    expect(edge.events[1]).toMatchObject({ body: "Grüße", isBase64Encoded: false });
  });

  it("goes to the fixed route before the parameter, and to the greedy one for all below", async () => {
    await fetch(`${edge.url}/v1/flights/search?origin=a&destination=b`, {
      method: "POST",
      body: '{"number":"GH117"}',
      headers: { ...credentials(), "content-type": "application/json" },
    });
    await fetch(`${edge.url}/v1/flights/search`, { headers: credentials() });
    await fetch(`${edge.url}/v1/files/a/b%20c/d`, { method: "DELETE" });
    expect(edge.events.map(({ resource, pathParameters }) => [resource, pathParameters])).toEqual([
      ["/v1/flights/search", null],
      ["/v1/flights/{flightId}", { flightId: "search" }],
      ["/v1/files/{path+}", { path: "a/b c/d" }],
    ]);
  });
});

describe("the answer of a function", () => {
  it("is sent with its status, headers and body", async () => {
    edge.handlers.echo = () => ({
      statusCode: "201",
      headers: { Location: "/x", "x-count": 3, "Set-Cookie": "only=1", "content-length": "999" },
      multiValueHeaders: { "set-cookie": ["a=1", "b=2"] },
      body: '{"a":1}',
    });
    const response = await fetch(`${edge.url}/v1/open`);
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe("/x");
    expect(response.headers.get("x-count")).toBe("3");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toEqual({ a: 1 });
  });

  it("without a body is sent without one", async () => {
    edge.handlers.echo = () => ({ statusCode: 204 });
    const response = await fetch(`${edge.url}/v1/open`);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });

  it("loses its challenge to a remapped name, as AWS does", async () => {
    edge.handlers.echo = () => ({ statusCode: 401, headers: { "WWW-Authenticate": "Bearer" }, body: "{}" });
    const { headers } = await fetch(`${edge.url}/v1/open`);
    expect(headers.has("www-authenticate")).toBe(false);
    expect(headers.get("x-amzn-remapped-www-authenticate")).toBe("Bearer");
  });

  it("is decoded from base64 only for a binary media type", async () => {
    edge.handlers.echo = ({ queryStringParameters }) => ({
      statusCode: 200,
      headers: { "content-type": queryStringParameters?.as },
      body: "AP+A",
      isBase64Encoded: true,
    });
    const bytes = await fetch(`${edge.url}/v1/open?as=image/png`);
    expect([...new Uint8Array(await bytes.arrayBuffer())]).toEqual([0, 255, 128]);
    const text = await fetch(`${edge.url}/v1/open?as=text/plain`);
    expect(await text.text()).toBe("AP+A");
  });

  it("of a mock comes from the gateway itself", async () => {
    const response = await fetch(`${edge.url}/v1/open`, { method: "OPTIONS" });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(edge.events).toEqual([]);
  });
});
