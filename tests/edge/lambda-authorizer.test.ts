import { afterEach, describe, expect, it } from "@jest/globals";
import type { APIGatewayProxyEvent } from "aws-lambda";
import type { TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";
import { type EdgeUnderTest, NOW, seen, startEdge } from "./edge-under-test.ts";
import { gatewayResponse, method } from "./template.ts";

const UNAUTHORIZED = { status: 401, body: { message: "Unauthorized" }, errorType: "UnauthorizedException" };
const DENIED = {
  status: 403,
  body: { Message: "User is not authorized to access this resource" },
  errorType: "AccessDeniedException",
};
const EXPLICITLY_DENIED = {
  ...DENIED,
  body: { Message: "User is not authorized to access this resource with an explicit deny" },
};
const FAILED = (errorType: string) => ({
  status: 500,
  body: { message: "Internal server error" },
  errorType,
});

let edge: EdgeUnderTest;
afterEach(() => edge.close());

/** A REST API with `/v1/admin/{tenants,policies}` behind a Lambda authorizer. */
async function start(
  authorizer: Record<string, unknown> = {},
  more: Record<string, TemplateResource> = {},
): Promise<void> {
  const behind = { AuthorizationType: "CUSTOM", AuthorizerId: { Ref: "People" } };
  edge = await startEdge({
    Authorize: { Type: "AWS::Lambda::Function", Properties: { FunctionName: "authorize" } },
    People: {
      Type: "AWS::ApiGateway::Authorizer",
      Properties: {
        Type: "TOKEN",
        RestApiId: { Ref: "Api" },
        IdentitySource: "method.request.header.Authorization",
        AuthorizerUri: {
          "Fn::Sub":
            // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own.
            "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Authorize.Arn}/invocations",
        },
        ...authorizer,
      },
    },
    Tenants: pathPart("tenants"),
    Policies: pathPart("policies"),
    ListTenants: method("Tenants", "GET", behind),
    CreateTenant: method("Tenants", "POST", behind),
    AnyPolicy: method("Policies", "ANY", behind),
    ...more,
  });
}

function pathPart(name: string): TemplateResource {
  return {
    Type: "AWS::ApiGateway::Resource",
    Properties: { RestApiId: { Ref: "Api" }, ParentId: { Ref: "V1" }, PathPart: name },
  };
}

interface Statement {
  readonly Effect: string;
  readonly Resource: string;
  readonly Condition?: object;
}

function policy(...statements: Statement[]) {
  const Statement = statements.map((statement) => ({ Action: "execute-api:Invoke", ...statement }));
  return { principalId: "person-1", policyDocument: { Version: "2012-10-17", Statement } };
}

const allow = (path: string, Condition?: object): Statement => ({
  Effect: "Allow",
  Resource: `arn:aws:execute-api:*:*:*/dev/${path}`,
  ...(Condition && { Condition }),
});
const deny = (path: string): Statement => ({ ...allow(path), Effect: "Deny" });

function answer(result: unknown): void {
  edge.handlers.authorize = () => result;
}

const call = (path: string, headers: Record<string, string> = { authorization: "Bearer t1" }, verb = "GET") =>
  fetch(edge.url + path, { method: verb, headers });

/** What the authorizer's function was given. */
const asked = () => (edge.events as unknown as Record<string, unknown>[]).filter(({ type }) => type);
/** What the function behind the method was given. */
const passed = () => edge.events.filter(({ resource, ...event }) => resource && !("type" in event));

describe("a call without an identity source", () => {
  it.each([
    ["without the header", {}],
    ["with an empty header", { authorization: "  " }],
  ])("%s is answered 401 and the function is not called", async (_what, headers) => {
    await start();
    answer(policy(allow("*")));
    expect(await seen(await call("/v1/tenants", headers))).toEqual(UNAUTHORIZED);
    expect(edge.events).toEqual([]);
  });

  it("is answered 401 when one of several sources is missing", async () => {
    await start({
      Type: "REQUEST",
      IdentitySource:
        "method.request.header.Authorization, method.request.querystring.region, context.httpMethod",
    });
    answer(policy(allow("*")));
    expect(await seen(await call("/v1/tenants"))).toEqual(UNAUTHORIZED);
    expect(edge.events).toEqual([]);
    expect((await call("/v1/tenants?region=eu")).status).toBe(200);
  });

  it("and one whose token does not match the validation expression is answered 401, uncalled", async () => {
    await start({ IdentityValidationExpression: "Bearer [\\w.-]+" });
    answer(policy(allow("*")));
    expect(await seen(await call("/v1/tenants", { authorization: "Bearer a b" }))).toEqual(UNAUTHORIZED);
    expect(await seen(await call("/v1/tenants", { authorization: "xBearer a" }))).toEqual(UNAUTHORIZED);
    expect(edge.events).toEqual([]);
    expect((await call("/v1/tenants")).status).toBe(200);
  });
});

describe("a function", () => {
  it("that throws Unauthorized makes it 401, asked again the next time", async () => {
    await start();
    edge.handlers.authorize = () => {
      throw new Error("Unauthorized");
    };
    expect(await seen(await call("/v1/tenants"))).toEqual(UNAUTHORIZED);
    expect(await seen(await call("/v1/tenants"))).toEqual(UNAUTHORIZED);
    expect(asked()).toHaveLength(2);
    expect(passed()).toEqual([]);
  });

  it("that throws anything else makes it 500 AUTHORIZER_FAILURE", async () => {
    await start();
    edge.handlers.authorize = () => {
      throw new Error("no such table");
    };
    expect(await seen(await call("/v1/tenants"))).toEqual(FAILED("AuthorizerFailureException"));
    expect(passed()).toEqual([]);
  });

  const allowed = policy(allow("*"));
  it.each<[string, unknown]>([
    ["nothing", null],
    ["text", "Allow"],
    ["no principal", { ...allowed, principalId: undefined }],
    ["an empty principal", { ...allowed, principalId: "" }],
    ["a principal that is a number", { ...allowed, principalId: 1 }],
    ["no policy", { principalId: "p" }],
    ["a policy without statements", { principalId: "p", policyDocument: { Statement: [] } }],
    ["a statement without a resource", policy({ Effect: "Allow" } as Statement)],
    ["an unknown effect", policy({ ...allow("*"), Effect: "allow" })],
    ["an unknown condition operator", policy(allow("*", { Like: { "aws:SourceIp": "::1" } }))],
    ["a list in the context", { ...allowed, context: { groups: ["admin"] } }],
    ["an object in the context", { ...allowed, context: { groups: {} } }],
    ["a context that is a list", { ...allowed, context: ["admin"] }],
    ["more than 8 KB", { ...allowed, context: { text: "x".repeat(8192) } }],
  ])("that answers %s makes it 500 AUTHORIZER_CONFIGURATION_ERROR", async (_what, result) => {
    await start();
    answer(result);
    expect(await seen(await call("/v1/tenants"))).toEqual(FAILED("AuthorizerConfigurationException"));
    expect(passed()).toEqual([]);
  });
});

describe("a policy", () => {
  it("that speaks of other paths denies", async () => {
    await start();
    answer(policy(allow("GET/v1/policies"), allow("POST/v1/tenants"), allow("GET/v1/tenant")));
    expect(await seen(await call("/v1/tenants"))).toEqual(DENIED);
    expect(passed()).toEqual([]);
  });

  it("that denies explicitly says so, whatever else it allows", async () => {
    await start();
    answer(policy(allow("*"), deny("GET/v1/tenants")));
    expect(await seen(await call("/v1/tenants"))).toEqual(EXPLICITLY_DENIED);
    expect((await call("/v1/policies")).status).toBe(200);
  });

  it("for another stage, another API or another action denies", async () => {
    await start();
    for (const statement of [
      { ...allow("*"), Resource: "arn:aws:execute-api:*:*:*/prod/*" },
      { ...allow("*"), Resource: "arn:aws:execute-api:*:*:foreign/dev/*" },
      { ...allow("*"), Action: "execute-api:ManageConnections" },
    ]) {
      answer(policy(statement));
      const headers = { authorization: crypto.randomUUID() };
      expect(await seen(await call("/v1/tenants", headers))).toEqual(DENIED);
    }
  });

  it("knows methods by the verb that was called: ANY is not a wildcard, ? and * are", async () => {
    await start({ AuthorizerResultTtlInSeconds: 0 });
    answer(policy(allow("ANY/v1/policies")));
    expect(await seen(await call("/v1/policies"))).toEqual(DENIED);
    answer(policy(allow("?ET/v1/pol*")));
    expect((await call("/v1/policies")).status).toBe(200);
    expect((await call("/v1/policies", undefined, "PUT")).status).toBe(403);
  });

  it.each<[string, object, number]>([
    ["the caller's address", { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } }, 200],
    ["another address", { IpAddress: { "aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"] } }, 403],
    ["not another address", { NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, 200],
    ["not the caller's address", { NotIpAddress: { "aws:SourceIp": "127.0.0.1" } }, 403],
    ["a date to come", { DateLessThan: { "aws:CurrentTime": "2026-11-20T12:00:01Z" } }, 200],
    ["a date that has passed", { DateLessThan: { "aws:CurrentTime": "2026-11-20T12:00:00Z" } }, 403],
    ["the user agent", { StringEquals: { "aws:UserAgent": "console" } }, 200],
    ["another user agent", { StringLike: { "aws:UserAgent": "curl/*" } }, 403],
    ["a key that the gateway does not have", { StringEquals: { "aws:PrincipalTag/x": "y" } }, 403],
  ])("may depend on %s", async (_what, condition, status) => {
    await start();
    answer(policy(allow("*", condition)));
    const headers = { authorization: "t", "user-agent": "console" };
    expect((await call("/v1/tenants", headers)).status).toBe(status);
  });

  it("with a condition is evaluated for each call, also when it comes out of the cache", async () => {
    await start();
    answer(policy(allow("*", { DateLessThan: { "aws:CurrentTime": "2026-11-20T12:01:00Z" } })));
    expect((await call("/v1/tenants")).status).toBe(200);
    edge.now = NOW + 60_000;
    expect(await seen(await call("/v1/tenants"))).toEqual(DENIED);
    expect(asked()).toHaveLength(1);
  });
});

describe("the cache", () => {
  it.each([
    ["the allowed one first", ["/v1/tenants", "/v1/policies"], [200, 403]],
    ["the denied one first", ["/v1/policies", "/v1/tenants"], [403, 200]],
  ])("judges another method by the same policy: %s", async (_what, paths, statuses) => {
    await start();
    answer(policy(allow("GET/v1/tenants")));
    const answers = [];
    for (const path of [...paths, ...paths]) answers.push((await call(path)).status);
    expect(answers).toEqual([...statuses, ...statuses]);
    expect(asked()).toHaveLength(1);
  });

  it("keeps a result for 300 seconds unless the authorizer says otherwise", async () => {
    await start();
    answer(policy(allow("*")));
    await call("/v1/tenants");
    answer(policy(deny("*")));
    edge.now = NOW + 299_999;
    expect((await call("/v1/tenants")).status).toBe(200);
    edge.now = NOW + 300_000;
    expect((await call("/v1/tenants")).status).toBe(403);
    expect(asked()).toHaveLength(2);
  });

  it("keeps nothing when its time is 0", async () => {
    await start({ AuthorizerResultTtlInSeconds: 0 });
    answer(policy(allow("*")));
    await call("/v1/tenants");
    await call("/v1/tenants");
    expect(asked()).toHaveLength(2);
  });

  it("never gives one caller another's result, nor joins two sources into one", async () => {
    await start({
      Type: "REQUEST",
      IdentitySource: "method.request.header.Authorization,method.request.header.X-Region",
    });
    answer(policy(allow("*")));
    expect((await call("/v1/tenants", { authorization: "a,b", "x-region": "c" })).status).toBe(200);
    answer(policy(deny("*")));
    expect((await call("/v1/tenants", { authorization: "a", "x-region": "b,c" })).status).toBe(403);
    expect((await call("/v1/tenants", { authorization: "a,b", "x-region": "d" })).status).toBe(403);
  });

  it("is not asked without an identity source: the template must name one, or keep nothing", async () => {
    await start();
    const without = { Type: "REQUEST", IdentitySource: undefined };
    await edge.close();
    await expect(start(without)).rejects.toThrow("identity source");
    await start({ ...without, AuthorizerResultTtlInSeconds: 0 });
    answer(policy(allow("*")));
    expect((await call("/v1/tenants", {})).status).toBe(200);
  });

  it("may not keep a result for longer than an hour", async () => {
    await start();
    await edge.close();
    await expect(start({ AuthorizerResultTtlInSeconds: 3601 })).rejects.toThrow("3601");
    await start({ AuthorizerResultTtlInSeconds: 3600 });
  });
});

describe("what the function is given", () => {
  it("of a TOKEN authorizer: the token as it came, and the ARN of what was called", async () => {
    await start();
    answer(policy(allow("*")));
    await call("/v1/policies", undefined, "PUT");
    const [event] = asked();
    expect(event).toEqual({
      type: "TOKEN",
      authorizationToken: "Bearer t1",
      methodArn: expect.stringMatching(
        /^arn:aws:execute-api:eu-west-1:\d{12}:[^/:]+\/dev\/PUT\/v1\/policies$/,
      ),
    });
  });

  it("of a REQUEST authorizer: the request without its body", async () => {
    await start({ Type: "REQUEST" });
    answer(policy(allow("*")));
    await fetch(`${edge.url}/v1/tenants?dry=1`, {
      method: "POST",
      headers: { authorization: "t" },
      body: "secret",
    });
    const [event] = asked();
    expect(event).toMatchObject({
      type: "REQUEST",
      methodArn: expect.stringContaining("/dev/POST/v1/tenants"),
      resource: "/v1/tenants",
      path: "/v1/tenants",
      httpMethod: "POST",
      headers: { authorization: "t" },
      queryStringParameters: { dry: "1" },
      pathParameters: null,
      stageVariables: null,
      requestContext: { resourcePath: "/v1/tenants", stage: "dev", identity: { sourceIp: "127.0.0.1" } },
    });
    expect(JSON.stringify(event)).not.toContain("secret");
  });
});

describe("who the caller is", () => {
  const context = { username: "ann", groups: "viewers", level: 3, trusted: true, nothing: null };
  const log = `{"who":"$context.authorizer.principalId","user":"$context.authorizer.username"}`;
  const stage = (): Record<string, TemplateResource> => ({
    Stage: {
      Type: "AWS::ApiGateway::Stage",
      Properties: {
        RestApiId: { Ref: "Api" },
        DeploymentId: { Ref: "Deployment" },
        StageName: "dev",
        AccessLogSetting: { Format: log },
      },
    },
  });

  it("reaches the function behind the method as text", async () => {
    await start();
    answer({ ...policy(allow("*")), context });
    await call("/v1/tenants");
    await call("/v1/tenants");
    for (const event of passed())
      expect((event as APIGatewayProxyEvent).requestContext.authorizer).toEqual({
        principalId: "person-1",
        integrationLatency: expect.any(Number),
        username: "ann",
        groups: "viewers",
        level: "3",
        trusted: "true",
      });
    expect(passed()).toHaveLength(2);
  });

  it("stands in the access log and in gateway responses, of a refused call as well", async () => {
    await start(
      {},
      {
        ...stage(),
        ...gatewayResponse("ACCESS_DENIED", {
          ResponseTemplates: { "application/json": '{"user":"$context.authorizer.username"}' },
        }),
      },
    );
    answer({ ...policy(allow("GET/v1/tenants")), context });
    await call("/v1/tenants");
    const refused = await call("/v1/policies");
    expect(await refused.json()).toEqual({ user: "ann" });
    expect(edge.logLines.map((line) => JSON.parse(line))).toEqual([
      { who: "person-1", user: "ann" },
      { who: "person-1", user: "ann" },
    ]);
  });
});
