import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { accessToken, credentials, type EdgeUnderTest, GOOD_KEY, NOW, startEdge } from "./edge-under-test.ts";
import { gatewayResponse } from "./template.ts";

const PROBLEM =
  '{"title":"No","message":$context.error.messageString,"plain":"$context.error.message","type":"$context.error.responseType","requestId":"$context.requestId","tenant":"$context.authorizer.claims.gatehouse_tenant","groups":"$context.authorizer.claims.cognito:groups","unknown":"$context.no.such.thing"}';

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdge({
    ...gatewayResponse("UNAUTHORIZED", {
      StatusCode: "401",
      ResponseParameters: {
        "gatewayresponse.header.WWW-Authenticate": "'Bearer error=\"invalid_token\"'",
        "gatewayresponse.header.Content-Type": "'application/problem+json'",
        "gatewayresponse.header.x-sent": "method.request.header.x-sent",
        "gatewayresponse.header.x-page": "method.request.querystring.page",
        "gatewayresponse.header.x-request": "context.requestId",
      },
      ResponseTemplates: { "application/json": PROBLEM },
    }),
    ...gatewayResponse("EXPIRED_TOKEN", { StatusCode: "419" }),
    ...gatewayResponse("INVALID_API_KEY", { ResponseTemplates: { "application/json": PROBLEM } }),
    ...gatewayResponse("BAD_REQUEST_BODY", {
      ResponseTemplates: {
        "application/json": '{"why":"$context.error.validationErrorString"}',
        "text/plain": "Why: $context.error.validationErrorString",
      },
    }),
    ...gatewayResponse("DEFAULT_4XX", {
      ResponseParameters: { "gatewayresponse.header.x-default": "'4xx'" },
    }),
    ...gatewayResponse("DEFAULT_5XX", {
      StatusCode: "503",
      ResponseTemplates: { "application/json": '{"failed":true}' },
    }),
  });
});
afterAll(() => edge.close());

describe("a gateway response of the template", () => {
  it("gives status, headers and body, and keeps AWS's own headers", async () => {
    const response = await fetch(`${edge.url}/v1/flights?page=7`, { headers: { "x-sent": "by client" } });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("x-sent")).toBe("by client");
    expect(response.headers.get("x-page")).toBe("7");
    expect(response.headers.get("x-amzn-errortype")).toBe("UnauthorizedException");
    const requestId = response.headers.get("x-amzn-requestid");
    expect(response.headers.get("x-request")).toBe(requestId);
    expect(await response.json()).toEqual({
      title: "No",
      message: "Unauthorized",
      plain: "Unauthorized",
      type: "UNAUTHORIZED",
      requestId,
      tenant: "",
      groups: "",
      unknown: "",
    });
  });

  it("leaves out a header whose value the client did not send", async () => {
    const { headers } = await fetch(`${edge.url}/v1/flights`);
    expect(headers.has("x-sent")).toBe(false);
  });

  it("may tell what the authorizer found", async () => {
    const authorization = accessToken({ "cognito:groups": ["admin"] });
    const response = await fetch(`${edge.url}/v1/flights`, { headers: { authorization } });
    expect(await response.json()).toMatchObject({ title: "No", tenant: "ten_01", groups: "admin" });
  });

  it("may change the status alone", async () => {
    const authorization = accessToken({ exp: NOW / 1000 - 1 });
    const response = await fetch(`${edge.url}/v1/flights`, { headers: { authorization } });
    expect(response.status).toBe(419);
    expect(await response.json()).toEqual({ message: "The incoming token has expired" });
  });

  it("answers in the content type that is accepted, JSON if that is not offered", async () => {
    const request = (accept: string) =>
      fetch(`${edge.url}/v1/flights`, {
        method: "POST",
        body: '{"number":1}',
        headers: { ...credentials(), "content-type": "application/json", accept },
      });
    const plain = await request("text/plain");
    expect(plain.headers.get("content-type")).toBe("text/plain");
    expect(await plain.text()).toMatch(/^Why: \[.*number.*string.*\]$/);
    expect((await request("image/png")).headers.get("content-type")).toBe("application/json");
  });

  it("falls back to DEFAULT_4XX and DEFAULT_5XX", async () => {
    const notThere = await fetch(`${edge.url}/nowhere`);
    expect(notThere.status).toBe(403);
    expect(notThere.headers.get("x-default")).toBe("4xx");
    expect(await notThere.json()).toEqual({ message: "Missing Authentication Token" });
    edge.handlers.echo = () => undefined;
    const failed = await fetch(`${edge.url}/v1/open`, { headers: { "x-api-key": GOOD_KEY } });
    expect(failed.status).toBe(503);
    expect(await failed.json()).toEqual({ failed: true });
  });
});
