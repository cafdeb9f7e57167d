import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { credentials, type EdgeUnderTest, startEdge } from "./edge-under-test.ts";

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.logLines.length = 0;
});

const logged = () => edge.logLines.map((line) => JSON.parse(line.replace(/"message":-/, '"message":null')));

describe("the access log", () => {
  it("has one line for each call, with what the authorizer and the usage plan found", async () => {
    const { headers } = await fetch(`${edge.url}/v1/flights/f1`, {
      headers: { ...credentials(), "user-agent": "tests" },
    });
    expect(logged()).toEqual([
      {
        requestId: headers.get("x-amzn-requestid"),
        tenant: "ten_01",
        apiKeyId: "key-id-1",
        route: "/v1/flights/{flightId}",
        status: 200,
        responseType: "-",
        message: null,
        agent: "tests",
        latency: expect.any(Number),
        nothing: "-",
      },
    ]);
    expect(edge.logLines[0]).not.toContain("\n");
  });

  it("has the calls that were refused, with the reason", async () => {
    await fetch(`${edge.url}/v1/flights`);
    await fetch(`${edge.url}/v1/flights`, { headers: { ...credentials(), "x-api-key": "unknown" } });
    await fetch(`${edge.url}/nowhere`);
    expect(logged()).toMatchObject([
      { status: 401, responseType: "UNAUTHORIZED", message: "Unauthorized", tenant: "-", apiKeyId: "-" },
      { status: 403, responseType: "INVALID_API_KEY", message: "Forbidden", tenant: "ten_01", apiKeyId: "-" },
      { status: 403, responseType: "MISSING_AUTHENTICATION_TOKEN", route: "-" },
    ]);
  });

  it("has a request's id of the client's choosing if that is a UUID, and nothing else that it sends as one", async () => {
    const chosen = "6E5D6D4E-96c3-4f5b-8f0c-0a4a53f1f4f1";
    for (const id of [chosen, 'a"b', `${chosen}x`]) {
      const { headers } = await fetch(`${edge.url}/v1/open`, { headers: { "x-amzn-RequestId": id } });
      expect(logged().at(-1).requestId).toBe(headers.get("x-amzn-requestid"));
    }
    const replaced = expect.stringMatching(/^[\da-f-]{36}_REPLACED_INVALID_REQUEST_ID$/);
    expect(logged().map(({ requestId }) => requestId)).toEqual([chosen, replaced, replaced]);
  });

  it("keeps the key of a call that was throttled", async () => {
    edge.admission = { outcome: "throttled", apiKeyId: "key-id-2" };
    await fetch(`${edge.url}/v1/flights`, { headers: credentials() });
    edge.admission = { outcome: "admitted", apiKeyId: "key-id-1" };
    expect(logged()).toMatchObject([{ status: 429, apiKeyId: "key-id-2", responseType: "THROTTLED" }]);
  });

  it("lets no header end the line or its string", async () => {
    await fetch(`${edge.url}/v1/open`, { headers: { "user-agent": '","tenant":"ten_02","x":"\\' } });
    expect(logged()).toMatchObject([{ tenant: "-", agent: '","tenant":"ten_02","x":"\\' }]);
  });
});
