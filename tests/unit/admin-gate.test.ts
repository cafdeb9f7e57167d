import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { handler as authorize } from "../../src/functions/admin-api/authorize.ts";
import { handler as policies } from "../../src/functions/admin-api/policies.ts";
import { invocationContext, proxyEvent } from "../support/event.ts";
import { altered, TokenIssuer } from "../support/token-issuer.ts";

let issuer: TokenIssuer;
beforeAll(async () => {
  delete process.env.POWERTOOLS_METRICS_DISABLED;
  delete process.env.POWERTOOLS_LOG_LEVEL;
  issuer = await TokenIssuer.start();
  Object.assign(process.env, {
    ISSUER_POOL_ID: issuer.poolId,
    JWKS_URI: issuer.jwksUri,
    CONTROL_TABLE: "control",
    API_STAGE_ARN: "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod",
    // Nothing listens there: a refused token must not get as far as the table.
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
});
afterAll(() => issuer.stop());

let written: jest.SpiedFunction<typeof process.stdout.write>[];
beforeEach(() => {
  written = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, "write").mockReturnValue(true),
  );
});
afterEach(() => {
  for (const stream of written) stream.mockRestore();
});
const lines = () =>
  written.flatMap((stream) => stream.mock.calls.map(([line]): unknown => JSON.parse(String(line))));

const ADMIN = {
  sub: "person-1",
  username: "ann",
  scope: "aws.cognito.signin.user.admin",
  "cognito:groups": ["admin"],
};
const person = (claims: Record<string, unknown> = {}) => issuer.sign({ ...ADMIN, ...claims });
const seconds = () => Math.floor(Date.now() / 1000);

const REFUSED: readonly (readonly [what: string, token: () => Promise<string> | string])[] = [
  ["garbage", () => "garbage"],
  ["three parts of garbage", () => "a.b.c"],
  ["a machine's token", () => issuer.sign()],
  ["an ID token", () => person({ token_use: "id", aud: "client-1" })],
  ["an expired token", () => person({ exp: seconds() - 1 })],
  [
    "a token of another pool",
    () => person({ iss: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_X" }),
  ],
  ["an unsigned token", () => issuer.unsigned(ADMIN)],
  ["a token signed with the public key", () => issuer.symmetric(ADMIN)],
  [
    "a viewer's token made an admin's",
    async () => altered(await person({ "cognito:groups": ["viewers"] }), ADMIN),
  ],
];

const asked = (authorizationToken: string) =>
  authorize({ type: "TOKEN", methodArn: "x", authorizationToken: `Bearer ${authorizationToken}` });

describe("a failure of the authorizer is blamed on nobody's token, logged and counted:", () => {
  const told = [
    expect.objectContaining({ level: "ERROR", message: "a person could not be authorized" }),
    expect.objectContaining({ AuthorizerFailed: 1 }),
  ];

  it("public keys that cannot be read", async () => {
    issuer.available = false;
    await expect(asked(await person())).rejects.toThrow("the user pool's public keys could not be read");
    issuer.available = true;
    expect(lines()).toEqual(expect.arrayContaining(told));
  });

  it("a table that cannot be reached", async () => {
    await expect(asked(await person({ "cognito:groups": ["viewers"] }))).rejects.toThrow("ECONNREFUSED");
    expect(lines()).toEqual(expect.arrayContaining(told));
  });
});

describe("the authorizer answers Unauthorized, which is 401 at the gateway and no failure,", () => {
  it.each(REFUSED)("to %s", async (_what, token) => {
    await expect(asked(await token())).rejects.toThrow(/^Unauthorized$/);
    expect(lines()).toEqual([]);
  });
});

describe.each(Object.entries(policies.endpoints))("%s", (route, endpoint) => {
  const [method = "", resource = ""] = route.split(" ");
  const request = (headers: Record<string, string>) =>
    proxyEvent({
      method,
      resource,
      headers,
      pathParameters: { group: "viewers" },
      // What an authorizer that was not ours might have put there.
      claims: { sub: "forged", username: "forged", "cognito:groups": "admin", groups: "admin" },
      ...(method === "PUT" && { body: { Version: "2012-10-17", Statement: [{}] } }),
    });

  it("without a token answers 401, whatever the event's authorizer says", async () => {
    const answer = await policies(request({}), invocationContext());
    expect(answer.statusCode).toBe(401);
  });

  it.each(REFUSED)("with %s answers 401", async (_what, token) => {
    const answer = await policies(request({ Authorization: `Bearer ${await token()}` }), invocationContext());
    expect([answer.statusCode, JSON.parse(answer.body).type]).toEqual([
      401,
      "urn:gatehouse:problem:unauthorized",
    ]);
  });

  it.each([[[]], [["viewers"]], [["editors", "viewers"]], [["Admin", "administrators"]]])(
    "to a person in %j answers 403 and says which group it takes",
    async (groups) => {
      const token = await person({ "cognito:groups": groups });
      const answer = await policies(request({ Authorization: token }), invocationContext());
      expect(answer.statusCode).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({
        type: "urn:gatehouse:problem:not-in-group",
        detail: "This needs membership of the group admin.",
      });
    },
  );

  it("has the gate that was tested", () => {
    expect(endpoint.contract.groups).toEqual(["admin"]);
  });
});

describe("a path in another spelling than policies have is answered as a route that is not there,", () => {
  const POLICY = "/admin/policies/{group}";
  const get = async (resource: string, path: string, changes: object = {}) => {
    const headers = { Authorization: await person() };
    const event = proxyEvent({ resource, path, headers, pathParameters: { group: "a@b+c=d.e" } });
    const { statusCode, body } = await policies({ ...event, ...changes }, invocationContext());
    const { requestId: _, ...problem } = JSON.parse(body);
    return { statusCode, problem };
  };
  const missing = () => get("/admin/nothing", "/admin/nothing");

  it.each([
    ["a letter", "/admin/policies", "/admin/p%6Flicies"],
    ["a letter of the first segment", "/admin/policies", "/%61dmin/policies"],
    ["a letter of a parameter", POLICY, "/admin/policies/%61@b+c=d.e"],
    ["a parameter's punctuation", POLICY, "/admin/policies/a%40b%2Bc%3Dd.e"],
    ["a slash", "/admin/policies", "/admin%2Fpolicies"],
    ["a trailing slash", "/admin/policies", "/admin/policies/"],
    ["two slashes", "/admin/policies", "//admin/policies"],
    ["two slashes within", "/admin/policies", "/admin//policies"],
    ["segments of dots", "/admin/policies", "/x/../admin/policies"],
    ["a capital letter", "/admin/policies", "/Admin/policies"],
    ["an encoded base path", "/admin/policies", "/%62ase/admin/policies"],
  ])("be it %s", async (_what, resource, path) => {
    expect(await get(resource, path)).toEqual(await missing());
  });

  it("wherever the gateway shows it", async () => {
    const requestContext = { path: "/dev/admin/p%6Flicies" };
    expect(await get("/admin/policies", "/admin/policies", { requestContext })).toEqual(await missing());
  });

  it.each([
    ["", POLICY, "/admin/policies/a@b+c=d.e"],
    [" behind a base path", "/admin/policies", "/base/admin/policies"],
    [" behind a base path of several segments", POLICY, "/v-1/x.y/$z/admin/policies/a@b+c=d.e"],
  ])("and one that is written plainly%s is let through", async (_where, resource, path) => {
    // The table is what is not there.
    expect((await get(resource, path)).statusCode).toBe(500);
  });
});

it("a route that the function does not have is answered 404", async () => {
  const event = proxyEvent({ method: "DELETE", resource: "/admin/policies/{group}" });
  expect((await policies(event, invocationContext())).statusCode).toBe(404);
});
