import { createRequire } from "node:module";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { compileHttpApi } from "../../scripts/local-aws/http-api/compile-http-api.ts";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { BAD_TOKENS } from "./bad-tokens.ts";
import { accessToken, NOW, newPool, POOL_ID, pool } from "./edge-under-test.ts";
import { type HttpEdgeUnderTest, httpApiTemplate, route, startHttpEdge } from "./http-edge-under-test.ts";

let edge: HttpEdgeUnderTest;
beforeAll(async () => {
  edge = await startHttpEdge();
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.now = NOW;
  edge.audiences = ["another", "client-1"];
  edge.events.length = 0;
  edge.answer = () => ({ statusCode: 200, body: "{}" });
});

const call = (token: string | undefined, path = "/v1/flights", headers: Record<string, string> = {}) =>
  fetch(edge.url + path, {
    headers: { ...(token === undefined ? {} : { authorization: token }), ...headers },
  });

async function seen(response: Response) {
  return {
    status: response.status,
    body: await response.json(),
    challenge: response.headers.get("www-authenticate"),
  };
}

const refusedFor = (description: string) => ({
  status: 401,
  body: { message: "Unauthorized" },
  challenge: `Bearer scope="" error="invalid_token" error_description="${description}"`,
});

describe("a route behind a JWT authorizer", () => {
  it.each(BAD_TOKENS)("refuses %s, as the REST API does, before the function", async (_what, token) => {
    const { status, body } = await seen(await call(token()));
    expect([
      { status: 401, body: { message: "Unauthorized" } },
      { status: 403, body: { message: "Forbidden" } },
    ]).toContainEqual({ status, body });
    expect(edge.events).toEqual([]);
  });

  it("answers a call without a token 401 with a bare challenge", async () => {
    expect(await seen(await call(undefined))).toEqual({
      status: 401,
      body: { message: "Unauthorized" },
      challenge: "Bearer",
    });
  });

  it("answers a good token without any of the route's scopes 403 Forbidden", async () => {
    const response = await seen(await call(accessToken({ scope: "airline/loyalty.read" })));
    expect(response).toMatchObject({ status: 403, body: { message: "Forbidden" } });
    expect(response.challenge).toContain('error="insufficient_scope"');
  });

  it.each([{ scope: "x airline/admin" }, { scope: undefined, scp: "airline/flights.read" }])(
    "takes a token with any one of the scopes: %j",
    async (claims) => {
      expect((await call(accessToken(claims))).status).toBe(200);
    },
  );

  it("refuses a token whose client is not in the audience list, whatever else it claims", async () => {
    const refused = refusedFor("the token does not have a valid audience");
    expect(await seen(await call(accessToken({ client_id: "client-2" })))).toEqual(refused);
    expect(await seen(await call(accessToken({ client_id: undefined })))).toEqual(refused);
    // API Gateway validates client_id only if aud is not present.
    expect(await seen(await call(accessToken({ aud: "client-2" })))).toEqual(refused);
    expect((await call(accessToken({ aud: ["x", "client-1"], client_id: "client-2" }))).status).toBe(200);
  });

  it("judges a token that it has let in by the list as it is now", async () => {
    const token = accessToken();
    expect((await call(token)).status).toBe(200);
    edge.audiences = ["another"];
    expect((await call(token)).status).toBe(401);
  });

  it("refuses an expired token, also one that it has let in, and one that is not valid yet", async () => {
    const token = accessToken();
    expect((await call(token)).status).toBe(200);
    edge.now = NOW + 3600_000;
    expect(await seen(await call(token))).toEqual(refusedFor("the token has expired"));
    edge.now = NOW;
    const seconds = NOW / 1000;
    for (const claims of [{ nbf: seconds + 60 }, { iat: seconds + 60 }])
      expect(await seen(await call(accessToken(claims)))).toEqual(refusedFor("the token is not valid yet"));
    expect((await call(accessToken({ exp: undefined }))).status).toBe(401);
    expect((await call(accessToken({ nbf: seconds }))).status).toBe(200);
  });

  it("does not say of a forged token that it has expired", async () => {
    const token = accessToken({ exp: NOW / 1000 - 1 }, newPool(POOL_ID, pool.kid));
    expect((await seen(await call(token))).challenge).toContain("invalid signature");
  });

  it.each(["", "Bearer ", "bearer "])("takes a token after %j", async (prefix) => {
    expect((await call(prefix + accessToken())).status).toBe(200);
  });

  it("without scopes takes any good token, an ID token too: so every route names its scopes", async () => {
    expect((await call(accessToken({ scope: undefined, token_use: "id" }), "/v1/me")).status).toBe(200);
  });

  it("does not look at token_use, unlike the REST API's: the function does", async () => {
    expect((await call(accessToken({ token_use: undefined }))).status).toBe(200);
  });

  it("hands claims on as text, lists as one text in brackets, and the route's scopes", async () => {
    await call(accessToken({ "cognito:groups": ["a", "b"], email_verified: true }));
    expect(edge.events[0]?.requestContext.authorizer.jwt).toEqual({
      claims: expect.objectContaining({
        "cognito:groups": "[a b]",
        email_verified: "true",
        exp: String(NOW / 1000 + 3600),
        gatehouse_tenant: "ten_01",
      }),
      scopes: ["airline/flights.read", "airline/admin"],
    });
  });
});

describe("a route that is not there", () => {
  it.each(["/", "/v1", "/v1/flights/", "/v1/flights/x/y", "/V1/flights", "/v1/%E0%A4%A"])(
    "%s is 404",
    async (path) => {
      expect(await seen(await call(accessToken(), path))).toEqual({
        status: 404,
        body: { message: "Not Found" },
        challenge: null,
      });
    },
  );

  it("nor is a method that has no route", async () => {
    expect((await fetch(`${edge.url}/v1/flights`, { method: "POST" })).status).toBe(404);
  });
});

describe("the event, payload format 2.0", () => {
  it("holds path, query, headers and cookies as AWS writes them", async () => {
    await call(accessToken(), "/v1/flights/f%201?a=1&a=2&b=x%20y", { "X-Twice": "1, 2", cookie: "c=1; d=2" });
    const [event] = edge.events;
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "GET /v1/flights/{flightId}",
      rawPath: "/v1/flights/f%201",
      rawQueryString: "a=1&a=2&b=x%20y",
      cookies: ["c=1", "d=2"],
      queryStringParameters: { a: "1,2", b: "x y" },
      pathParameters: { flightId: "f 1" },
      isBase64Encoded: false,
      requestContext: {
        http: { method: "GET", path: "/v1/flights/f%201", sourceIp: "127.0.0.1" },
        stage: "$default",
        requestId: expect.stringMatching(/^[\w+/]{15}=$/),
        timeEpoch: NOW,
      },
    });
    expect(event?.headers["x-twice"]).toBe("1, 2");
    expect(event?.headers).not.toHaveProperty("cookie");
    expect(Object.keys(event?.headers ?? {}).every((name) => name === name.toLowerCase())).toBe(true);
  });

  it("leaves out what there is none of, claims of an open route among it", async () => {
    await call(undefined, "/v1/open", {
      "sls-offline-authorizer-override": '{"claims":{"gatehouse_tenant":"ten_02"}}',
    });
    const [event] = edge.events;
    for (const name of ["cookies", "queryStringParameters", "pathParameters", "body"])
      expect(event).not.toHaveProperty(name);
    expect(event?.requestContext).not.toHaveProperty("authorizer");
  });

  it.each([
    ["application/json", "{}", false],
    ["application/octet-stream", "e30=", true],
  ])("has a body of %s as %s", async (type, body, isBase64Encoded) => {
    await fetch(`${edge.url}/v1/open`, { method: "POST", headers: { "content-type": type }, body: "{}" });
    expect(edge.events[0]).toMatchObject({ body, isBase64Encoded });
  });
});

describe("a function's answer", () => {
  const answered = async (answer: unknown) => {
    edge.answer = () => answer;
    const response = await fetch(`${edge.url}/v1/open`);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };

  it.each([
    ["a text", "hello", "hello"],
    ["an object without a status", { message: "hello" }, '{"message":"hello"}'],
    ["nothing", undefined, "null"],
  ])("that is %s is the body of a 200 in JSON", async (_what, answer, body) => {
    const { status, headers, body: found } = await answered(answer);
    expect([status, headers.get("content-type"), found]).toEqual([200, "application/json", body]);
  });

  it("with a status is what it says, each cookie a header, a challenge under its own name", async () => {
    const { status, headers, body } = await answered({
      statusCode: 401,
      headers: { "www-authenticate": "Bearer", "content-type": "application/problem+json" },
      cookies: ["a=1", "b=2"],
      body: Buffer.from("no").toString("base64"),
      isBase64Encoded: true,
    });
    expect([status, body, headers.get("www-authenticate")]).toEqual([401, "no", "Bearer"]);
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  it.each([
    ["no status", { statusCode: "x", body: "" }],
    ["a status out of range", { statusCode: 99 }],
    ["a body that is no text", { statusCode: 200, body: {} }],
    ["headers that are none", { statusCode: 200, headers: "x" }],
  ])("with %s is a 500 that tells nothing", async (_what, answer) => {
    const { status, body } = await answered(answer);
    expect([status, body]).toEqual([500, '{"message":"Internal Server Error"}']);
  });

  it("that does not come, or not in time, is a 500 or a 503", async () => {
    edge.answer = () => {
      throw new Error("secret");
    };
    const failed = await fetch(`${edge.url}/v1/open`);
    expect([failed.status, await failed.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
    edge.answer = () => new Promise((resolve) => setTimeout(resolve, 400));
    expect((await fetch(`${edge.url}/v1/open`)).status).toBe(503);
  });
});

describe("the access log", () => {
  it("has a line for each call, refused ones too, with a dash for what is not there", async () => {
    edge.logLines.length = 0;
    const answered = await call(accessToken());
    await call(undefined);
    await call(accessToken(), "/nowhere");
    const lines = edge.logLines.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { tenant: "ten_01", route: "GET /v1/flights", status: "200", responseType: "-", nothing: "-" },
      { tenant: "-", route: "GET /v1/flights", status: "401", responseType: "UNAUTHORIZED" },
      { tenant: "-", route: "-", status: "404", responseType: "RESOURCE_NOT_FOUND" },
    ]);
    expect(lines[0].requestId).toBe(answered.headers.get("apigw-requestid"));
  });
});

describe("a template with what the edge cannot do stops the start", () => {
  const compile = (more: Parameters<typeof httpApiTemplate>[0]) =>
    compileHttpApi(new Stack(httpApiTemplate(more), { region: "eu-west-1", name: "edge-dev" }));
  const changed = (logicalId: string, properties: Record<string, unknown>) => {
    const resource = httpApiTemplate().Resources[logicalId];
    if (!resource) throw new Error(`no ${logicalId}`);
    return { [logicalId]: { ...resource, Properties: { ...resource.Properties, ...properties } } };
  };

  it.each([
    ["another authorizer", { Other: route("GET /x", { AuthorizationType: "CUSTOM" }) }, "CUSTOM"],
    ["a default route", { Other: route("$default") }, "$default"],
    ["a WebSocket API", changed("HttpApi", { ProtocolType: "WEBSOCKET" }), "WEBSOCKET"],
    ["CORS", changed("HttpApi", { CorsConfiguration: {} }), "CORS"],
    ["a named stage", changed("HttpApiStage", { StageName: "dev" }), "$default"],
    ["payload format 1.0", changed("Integration", { PayloadFormatVersion: "1.0" }), "2.0 only"],
    ["a token in the query", changed("Jwt", { IdentitySource: ["$request.querystring.t"] }), "Authorization"],
    ["no such integration", { Other: route("GET /x", { Target: "integrations/x" }) }, "no integration"],
  ])("%s", (_what, more, named) => {
    expect(() => compile(more)).toThrow(named);
  });

  it("and one without an HTTP API, or with one that is closed, has none", () => {
    expect(compileHttpApi(new Stack({ Resources: {} }, { region: "eu-west-1", name: "x" }))).toBeUndefined();
    expect(compile(changed("HttpApi", { DisableExecuteApiEndpoint: true }))).toBeUndefined();
  });
});

describe("the HTTP API of a stage", () => {
  const closedBy = async (parameters: Readonly<Record<string, unknown>>) => {
    const settings: (framework: object) => Promise<{ closed: boolean }> = createRequire(import.meta.url)(
      "../../resources/http-api-endpoint.cjs",
    );
    const resolveVariable = async (name: string) => parameters[name.replace("param:", "")] ?? [];
    return (await settings({ resolveVariable })).closed;
  };

  it("is open, but for a private stage, which nobody may reach past its endpoints, and where it is off", async () => {
    expect(await closedBy({ httpApi: "on" })).toBe(false);
    expect(await closedBy({ httpApi: "on", vpcEndpointIds: ["vpce-1a2b3c4d"] })).toBe(true);
    expect(await closedBy({ httpApi: "off" })).toBe(true);
  });
});
