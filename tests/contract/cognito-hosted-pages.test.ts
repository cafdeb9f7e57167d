import { createHash, randomBytes } from "node:crypto";
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolClientCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Browser, type Page } from "./support/browser.ts";
import {
  basic,
  type CognitoUnderTest,
  claimsOf,
  requestToken,
  startCognito,
  unchanged,
  verifyToken,
} from "./support/cognito.ts";

const CALLBACK = "http://localhost:8080/callback";
const PASSWORD = "Correct-horse-7";
const MINUTE = 60_000;

let aws: CognitoUnderTest;
let clientId: string;
let ada: string;
let users = 0;

beforeAll(async () => {
  aws = await startCognito();
  ({ clientId } = await app());
});
afterAll(() => aws.close());
beforeEach(async () => {
  aws.trigger(unchanged);
  aws.events.length = 0;
  users += 1;
  ada = `ada-${users}`;
  const user = { UserPoolId: aws.poolId, Username: ada };
  await aws.sdk.send(
    new AdminCreateUserCommand({
      ...user,
      MessageAction: "SUPPRESS",
      TemporaryPassword: "Temporary-1",
      UserAttributes: [{ Name: "email", Value: "ada@airline.example" }],
    }),
  );
  await aws.sdk.send(new AdminAddUserToGroupCommand({ ...user, GroupName: "admin" }));
});

/** Ada with a password of her own. */
const confirm = () =>
  aws.sdk.send(
    new AdminSetUserPasswordCommand({
      UserPoolId: aws.poolId,
      Username: ada,
      Password: PASSWORD,
      Permanent: true,
    }),
  );

async function app(overrides: Record<string, unknown> = {}) {
  const { UserPoolClient } = await aws.sdk.send(
    new CreateUserPoolClientCommand({
      UserPoolId: aws.poolId,
      ClientName: "app",
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ["code"],
      AllowedOAuthScopes: ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
      CallbackURLs: [CALLBACK],
      PreventUserExistenceErrors: "ENABLED",
      ...overrides,
    }),
  );
  return { clientId: UserPoolClient?.ClientId ?? "", secret: UserPoolClient?.ClientSecret ?? "" };
}

/** A verifier and its S256 challenge (RFC 7636, section 4). */
function pkce() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

function authorizePath(overrides: Record<string, string | undefined> = {}): string {
  const parameters: Record<string, string | undefined> = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: CALLBACK,
    scope: "openid aws.cognito.signin.user.admin",
    state: "state-1",
    ...overrides,
  };
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return `/oauth2/authorize?${new URLSearchParams(given)}`;
}

const withChallenge = (challenge: string) => ({ code_challenge: challenge, code_challenge_method: "S256" });

/** From the app's link to the page with the form. */
async function openLogin(
  browser: Browser,
  overrides: Record<string, string | undefined> = {},
): Promise<Page> {
  const authorize = await browser.get(authorizePath(overrides));
  expect([authorize.status, authorize.location.startsWith("/login?")]).toEqual([302, true]);
  const login = await browser.get(authorize.location);
  expect(login.status).toBe(200);
  return login;
}

/** Signs Ada in and answers what the app's address was called with. */
async function signIn(overrides: Record<string, string | undefined> = {}): Promise<URLSearchParams> {
  await confirm();
  const browser = new Browser(aws.endpoint);
  const login = await openLogin(browser, overrides);
  const { status, location } = await browser.submit(login, { username: ada, password: PASSWORD });
  expect([status, location.startsWith(`${CALLBACK}?`)]).toEqual([302, true]);
  return new URL(location).searchParams;
}

const exchange = (code: string | null, fields: Record<string, string> = {}) =>
  requestToken(aws, {
    grant_type: "authorization_code",
    client_id: clientId,
    redirect_uri: CALLBACK,
    code: code ?? "",
    ...fields,
  });

const userInfo = (token: unknown) =>
  fetch(`${aws.endpoint}/oauth2/userInfo`, { headers: { authorization: `Bearer ${token}` } });

const revoke = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${aws.endpoint}/oauth2/revoke`, { method: "POST", headers, body: new URLSearchParams(fields) });

describe("/oauth2/authorize sends nobody to an address that is not the client's", () => {
  it.each([
    ["an unknown client", { client_id: "unknown" }, "Client does not exist."],
    ["no redirect_uri", { redirect_uri: undefined }, "redirect_mismatch"],
    ["another address", { redirect_uri: "https://evil.example/callback" }, "redirect_mismatch"],
    ["an address that only begins alike", { redirect_uri: `${CALLBACK}/more` }, "redirect_mismatch"],
    ["the address with a query", { redirect_uri: `${CALLBACK}?x=1` }, "redirect_mismatch"],
  ])("%s", async (_name, overrides, reason) => {
    const { status, location, text } = await new Browser(aws.endpoint).get(authorizePath(overrides));
    expect([status, location]).toEqual([400, ""]);
    expect(text).toContain(reason);
  });
});

describe("/oauth2/authorize tells the app of a request that is refused", () => {
  it.each([
    ["no response type", { response_type: undefined }, "invalid_request"],
    ["another response type", { response_type: "token" }, "invalid_request"],
    ["a scope the client may not have", { scope: "openid airline/flights.read" }, "invalid_scope"],
    ["a challenge without a method", { code_challenge: "x".repeat(43) }, "invalid_request"],
    [
      "a challenge in the clear",
      { code_challenge: "x".repeat(43), code_challenge_method: "plain" },
      "invalid_request",
    ],
    ["a method without a challenge", { code_challenge_method: "S256" }, "invalid_request"],
  ])("%s", async (_name, overrides, error) => {
    const { status, location } = await new Browser(aws.endpoint).get(authorizePath(overrides));
    expect([status, location]).toEqual([302, `${CALLBACK}?error=${error}&state=state-1`]);
  });

  it("a client without the code flow", async () => {
    const implicit = await app({ AllowedOAuthFlows: ["implicit"] });
    const { location } = await new Browser(aws.endpoint).get(authorizePath({ client_id: implicit.clientId }));
    expect(location).toContain("error=unauthorized_client");
  });
});

describe("/login refuses", () => {
  it("a wrong password and an unknown name in the same words, and gives no code", async () => {
    await confirm();
    const browser = new Browser(aws.endpoint);
    const login = await openLogin(browser);
    for (const username of [ada, "nobody"]) {
      const { status, text } = await browser.submit(login, { username, password: "Wrong-password-1" });
      expect([status, text.includes("Incorrect username or password.")]).toEqual([200, true]);
    }
  });

  it("a form that another browser was given", async () => {
    await confirm();
    const login = await openLogin(new Browser(aws.endpoint));
    const { status } = await new Browser(aws.endpoint).submit(login, { username: ada, password: PASSWORD });
    expect(status).toBe(403);
  });

  it("to render what was typed as anything but text, or to be framed", async () => {
    const browser = new Browser(aws.endpoint);
    const login = await openLogin(browser);
    const page = await browser.submit(login, { username: '"><script>alert(1)</script>', password: "x" });
    expect(page.text).not.toContain("<script>");
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  });

  it("a request with another address than the authorize endpoint would take", async () => {
    const login = await openLogin(new Browser(aws.endpoint));
    const forged = login.path.replace(
      encodeURIComponent(CALLBACK),
      encodeURIComponent("https://evil.example"),
    );
    expect((await new Browser(aws.endpoint).get(forged)).status).toBe(400);
  });
});

describe("the code grant refuses", () => {
  const invalidGrant = { status: 400, body: { error: "invalid_grant" } };

  it("a code used before, and an unknown one", async () => {
    const code = (await signIn()).get("code");
    expect((await exchange(code)).status).toBe(200);
    expect(await exchange(code)).toMatchObject(invalidGrant);
    expect(await exchange("3f6d0f0e-0000-4000-8000-000000000000")).toMatchObject(invalidGrant);
  });

  it("a code after five minutes", async () => {
    const code = (await signIn()).get("code");
    aws.clock.advance(5 * MINUTE);
    expect(await exchange(code)).toMatchObject(invalidGrant);
  });

  it("another client, and another address than the code was asked for", async () => {
    const other = await app();
    const first = (await signIn()).get("code");
    expect(await exchange(first, { client_id: other.clientId })).toMatchObject(invalidGrant);
    const second = (await signIn()).get("code");
    expect(await exchange(second, { redirect_uri: `${CALLBACK}/` })).toMatchObject(invalidGrant);
  });

  it("no verifier, another verifier, and one that nobody asked for", async () => {
    const { challenge } = pkce();
    const asked = async () => (await signIn(withChallenge(challenge))).get("code");
    expect(await exchange(await asked())).toMatchObject(invalidGrant);
    expect(await exchange(await asked(), { code_verifier: pkce().verifier })).toMatchObject(invalidGrant);
    expect(await exchange(await asked(), { code_verifier: challenge })).toMatchObject(invalidGrant);
    const unasked = (await signIn()).get("code");
    expect(await exchange(unasked, { code_verifier: pkce().verifier })).toMatchObject(invalidGrant);
  });

  it("a user disabled since", async () => {
    const code = (await signIn()).get("code");
    await aws.sdk.send(new AdminDisableUserCommand({ UserPoolId: aws.poolId, Username: ada }));
    expect(await exchange(code)).toMatchObject(invalidGrant);
  });

  it("a client with a secret that does not show it", async () => {
    const { clientId: confidential, secret } = await app({ GenerateSecret: true });
    const fields = { client_id: confidential };
    const code = async () => (await signIn(fields)).get("code");
    expect((await exchange(await code(), fields)).body.error).toBe("invalid_client");
    const answer = await requestToken(
      aws,
      { grant_type: "authorization_code", redirect_uri: CALLBACK, code: (await code()) ?? "" },
      basic(confidential, secret),
    );
    expect(answer.status).toBe(200);
  });

  it("a request without a code or an address", async () => {
    const answer = await requestToken(aws, { grant_type: "authorization_code", client_id: clientId });
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_request" } });
  });
});

describe("a person who signs in with a browser", () => {
  it("comes back with the app's state and a code that gives tokens with groups and the scopes asked for", async () => {
    const { verifier, challenge } = pkce();
    const back = await signIn({ ...withChallenge(challenge), nonce: "nonce-1" });
    expect(back.get("state")).toBe("state-1");
    const { status, headers, body } = await exchange(back.get("code"), { code_verifier: verifier });
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    const access = await verifyToken(aws, String(body.access_token));
    expect(access).toMatchObject({
      username: ada,
      client_id: clientId,
      scope: "openid aws.cognito.signin.user.admin",
      "cognito:groups": ["admin"],
      version: 2,
    });
    const id = await verifyToken(aws, String(body.id_token), "id");
    const hash = createHash("sha256").update(String(body.access_token)).digest().subarray(0, 16);
    expect(id).toMatchObject({ nonce: "nonce-1", aud: clientId, at_hash: hash.toString("base64url") });
    expect(aws.events.map(({ triggerSource }) => triggerSource)).toEqual(["TokenGeneration_HostedAuth"]);
  });

  it("gets all the client's scopes without asking, and no ID token without openid", async () => {
    const all = await exchange((await signIn({ scope: undefined })).get("code"));
    expect(claimsOf(all.body.access_token).scope).toBe("openid email profile aws.cognito.signin.user.admin");
    const some = await exchange((await signIn({ scope: "email" })).get("code"));
    expect([claimsOf(some.body.access_token).scope, some.body.id_token]).toEqual(["email", undefined]);
  });

  it("with a temporary password chooses one of their own, as the policy wants it", async () => {
    const browser = new Browser(aws.endpoint);
    const login = await openLogin(browser);
    const choose = await browser.submit(login, { username: ada, password: "Temporary-1" });
    expect(choose.text).toContain("Choose a new password");
    const weak = await browser.submit(choose, { new_password: "weak" });
    expect(weak.text).toContain("Password did not conform with policy");
    const { status, location } = await browser.submit(weak, { new_password: PASSWORD });
    expect(status).toBe(302);
    expect((await exchange(new URL(location).searchParams.get("code"))).status).toBe(200);
  });
});

describe("the refresh grant", () => {
  const refresh = (token: unknown, fields: Record<string, string> = {}) =>
    requestToken(aws, {
      grant_type: "refresh_token",
      client_id: clientId,
      refresh_token: String(token),
      ...fields,
    });

  it("gives new tokens of the same scopes and no other refresh token", async () => {
    const first = await exchange((await signIn({ scope: "openid email" })).get("code"));
    const { status, body } = await refresh(first.body.refresh_token);
    expect([status, body.refresh_token]).toEqual([200, undefined]);
    const [before, after] = [claimsOf(first.body.access_token), claimsOf(body.access_token)];
    expect([after.scope, after.origin_jti, after.auth_time]).toEqual([
      "openid email",
      before.origin_jti,
      before.auth_time,
    ]);
    expect(claimsOf(body.id_token).token_use).toBe("id");
  });

  it("refuses another client, garbage, none at all, and a revoked token", async () => {
    const other = await app();
    const { body } = await exchange((await signIn()).get("code"));
    const invalidGrant = { status: 400, body: { error: "invalid_grant" } };
    expect(await refresh(body.refresh_token, { client_id: other.clientId })).toMatchObject(invalidGrant);
    expect(await refresh("garbage")).toMatchObject(invalidGrant);
    expect((await refresh("")).body.error).toBe("invalid_request");
    expect((await revoke({ token: String(body.refresh_token), client_id: clientId })).status).toBe(200);
    expect(await refresh(body.refresh_token)).toMatchObject(invalidGrant);
  });
});

describe("/oauth2/revoke", () => {
  it("ends the access tokens of that sign-in for userInfo, and says nothing of unknown tokens", async () => {
    const { body } = await exchange((await signIn()).get("code"));
    expect((await userInfo(body.access_token)).status).toBe(200);
    const answer = await revoke({ token: String(body.refresh_token), client_id: clientId });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect((await userInfo(body.access_token)).status).toBe(401);
    expect((await revoke({ token: "unknown", client_id: clientId })).status).toBe(200);
  });

  it.each<[string, () => Promise<Response>, number, string]>([
    ["no token", () => revoke({ client_id: clientId }), 400, "invalid_request"],
    ["an unknown client", () => revoke({ client_id: "unknown", token: "x" }), 401, "invalid_client"],
    [
      "an access token",
      async () => {
        const { body } = await exchange((await signIn()).get("code"));
        return revoke({ client_id: clientId, token: String(body.access_token) });
      },
      400,
      "unsupported_token_type",
    ],
    [
      "a client without revocation",
      async () => revoke({ client_id: (await app({ EnableTokenRevocation: false })).clientId, token: "x" }),
      400,
      "invalid_request",
    ],
  ])("refuses %s", async (_name, call, status, error) => {
    const answer = await call();
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ error })]);
  });
});

describe("/oauth2/userInfo", () => {
  it("answers who the token speaks for", async () => {
    const { body } = await exchange((await signIn()).get("code"));
    const answer = await userInfo(body.access_token);
    expect(await answer.json()).toEqual({
      sub: claimsOf(body.access_token).sub,
      username: ada,
      email: "ada@airline.example",
    });
  });

  it("refuses no token, an ID token, a token without openid, and an expired one", async () => {
    expect((await fetch(`${aws.endpoint}/oauth2/userInfo`)).status).toBe(400);
    const { body } = await exchange((await signIn()).get("code"));
    const unscoped = await exchange((await signIn({ scope: "email" })).get("code"));
    for (const token of [body.id_token, unscoped.body.access_token]) {
      const answer = await userInfo(token);
      expect([answer.status, await answer.json()]).toEqual([
        401,
        expect.objectContaining({ error: "invalid_token" }),
      ]);
      expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    }
    aws.clock.advance(61 * MINUTE);
    expect((await userInfo(body.access_token)).status).toBe(401);
  });
});

it("the OpenID configuration names the endpoints that answer here", async () => {
  const answer = await fetch(`${aws.endpoint}/${aws.poolId}/.well-known/openid-configuration`);
  expect(await answer.json()).toMatchObject({
    authorization_endpoint: `${aws.endpoint}/oauth2/authorize`,
    token_endpoint: `${aws.endpoint}/oauth2/token`,
    revocation_endpoint: `${aws.endpoint}/oauth2/revoke`,
    userinfo_endpoint: `${aws.endpoint}/oauth2/userInfo`,
  });
});
