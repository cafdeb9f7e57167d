import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
  type STSClientConfig,
} from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  ACCOUNT,
  REGION,
  ROOT_CREDENTIALS,
  role,
  roleArn,
  StillClock,
  serveWithSts,
  stackOf,
  trusting,
} from "./support/tenant-stack.ts";

const allow = (Action: string | readonly string[], Resource: string) => ({
  Effect: "Allow",
  Action,
  Resource,
});
const lambda = trusting({ Service: "lambda.amazonaws.com" });
const account = trusting({ AWS: `arn:aws:iam::${ACCOUNT}:root` });

const stack = stackOf({
  Worker: role(
    "worker",
    [
      allow(["sts:AssumeRole", "sts:TagSession"], roleArn("tenant")),
      allow("sts:AssumeRole", roleArn("untaggable")),
    ],
    [account, lambda],
    { MaxSessionDuration: 7200 },
  ),
  Idle: role("idle", [], [account]),
  Forbidden: role("forbidden", [{ Effect: "Deny", Action: "sts:*", Resource: "*" }], [account]),
  Tenant: role(
    "tenant",
    [],
    [trusting({ AWS: ACCOUNT }, { Condition: { StringLike: { "aws:RequestTag/TenantId": "ten_?*" } } })],
    { MaxSessionDuration: 7200 },
  ),
  Untaggable: role("untaggable", [], [{ ...account, Action: "sts:AssumeRole" }]),
  Direct: role("direct", [], [trusting({ AWS: [roleArn("idle"), roleArn("forbidden")] })]),
  Closed: role(
    "closed",
    [],
    [account, trusting({ AWS: "*" }, { Effect: "Deny", Condition: { Null: { "sts:ExternalId": "true" } } })],
  ),
  Function: {
    Type: "AWS::Lambda::Function",
    Properties: { FunctionName: "gh-worker", Role: { "Fn::GetAtt": ["Worker", "Arn"] } },
  },
  Rogue: { Type: "AWS::Lambda::Function", Properties: { Role: { "Fn::GetAtt": ["Idle", "Arn"] } } },
});

const clock = new StillClock();
let local: Awaited<ReturnType<typeof serveWithSts>>;
beforeAll(async () => {
  local = await serveWithSts(stack, clock);
});
afterAll(() => local.close());

type Credentials = NonNullable<STSClientConfig["credentials"]>;
const client = (credentials: Credentials = ROOT_CREDENTIALS) =>
  new STSClient({ region: REGION, endpoint: local.endpoint, credentials, maxAttempts: 1 });
const tenantTag = [{ Key: "TenantId", Value: "ten_1" }];

async function assume(
  name: string,
  input: Partial<AssumeRoleCommandInput> = {},
  by: Credentials = ROOT_CREDENTIALS,
) {
  const answer = await client(by).send(
    new AssumeRoleCommand({ RoleArn: roleArn(name), RoleSessionName: "s1", ...input }),
  );
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = answer.Credentials ?? {};
  return {
    answer,
    expiration: Expiration,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  };
}

describe("a role is refused", () => {
  const denied = (action: string, name: string) =>
    new RegExp(
      `^User: arn:aws:\\S+ is not authorized to perform: sts:${action} on resource: ${roleArn(name)} `,
    );

  it("to an unsigned request", async () => {
    const response = await fetch(local.endpoint, {
      method: "POST",
      body: "Action=AssumeRole&Version=2011-06-15",
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("<Code>MissingAuthenticationToken</Code>");
  });

  it("when it does not exist, in the same words as one that does not trust the caller", async () => {
    await expect(assume("nowhere")).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringMatching(denied("AssumeRole", "nowhere")),
      $metadata: { httpStatusCode: 403 },
    });
  });

  it("to the account when its trust policy names only other roles", async () => {
    await expect(assume("direct")).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("when the trust policy's condition on the request's tags is not met", async () => {
    await expect(assume("tenant")).rejects.toMatchObject({ name: "AccessDenied" });
    const other = [{ Key: "TenantId", Value: "operator" }];
    await expect(assume("tenant", { Tags: other })).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("with tags when it is not trusted to tag sessions", async () => {
    await expect(assume("untaggable", { Tags: tenantTag })).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringMatching(denied("TagSession", "untaggable")),
    });
    await expect(assume("untaggable")).resolves.toBeDefined();
  });

  it("to a session whose role does not allow it, although the account is trusted", async () => {
    const idle = (await assume("idle")).credentials;
    await expect(assume("tenant", { Tags: tenantTag }, idle)).rejects.toMatchObject({
      message: expect.stringContaining("because no identity-based policy allows the sts:AssumeRole action"),
    });
  });

  it("to a session that an identity policy denies it, even though the trust policy names its role", async () => {
    const forbidden = (await assume("forbidden")).credentials;
    await expect(assume("direct", {}, forbidden)).rejects.toMatchObject({
      message: expect.stringContaining("with an explicit deny in an identity-based policy"),
    });
  });

  it("when the trust policy denies it", async () => {
    await expect(assume("closed")).rejects.toMatchObject({
      message: expect.stringContaining("with an explicit deny in the role trust policy"),
    });
    await expect(assume("closed", { ExternalId: "x1" })).resolves.toBeDefined();
  });

  it.each([
    [{ DurationSeconds: 899 }, "greater than or equal to 900"],
    [{ DurationSeconds: 43_201 }, "less than or equal to 43200"],
    [{ DurationSeconds: 7201 }, "exceeds the MaxSessionDuration set for this role"],
    [{ RoleSessionName: "a b" }, "regular expression pattern"],
    [{ RoleSessionName: "a" }, "greater than or equal to 2"],
    [{ RoleSessionName: "a".repeat(65) }, "less than or equal to 64"],
    [{ RoleArn: "arn:aws:iam::1:role/x" }, "is invalid"],
    [{ TransitiveTagKeys: ["Other"] }, "Other"],
  ])("with ValidationError for %j", async (input, message) => {
    await expect(assume("worker", input)).rejects.toMatchObject({
      name: "ValidationError",
      message: expect.stringContaining(message),
    });
  });

  it("for repeated tag keys and for a policy that is none", async () => {
    const twice = [...tenantTag, { Key: "tenantid", Value: "ten_2" }];
    await expect(assume("worker", { Tags: twice })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(assume("worker", { Policy: "{}" })).rejects.toMatchObject({
      name: "MalformedPolicyDocumentException",
    });
  });

  it("for more than an hour to a role session, and for a tag that the session hands on", async () => {
    const worker = (await assume("worker", { Tags: tenantTag, TransitiveTagKeys: ["TenantId"] })).credentials;
    await expect(assume("tenant", { DurationSeconds: 3601 }, worker)).rejects.toMatchObject({
      name: "AccessDenied",
    });
    await expect(
      assume("tenant", { Tags: [{ Key: "TenantId", Value: "ten_2" }] }, worker),
    ).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
    const plain = (await assume("worker")).credentials;
    await expect(assume("tenant", { DurationSeconds: 3601, Tags: tenantTag }, plain)).rejects.toMatchObject({
      name: "ValidationError",
      message: expect.stringContaining("role chaining"),
    });
  });
});

describe("credentials", () => {
  it("are worth nothing with another session's token, without one, or once expired", async () => {
    const { credentials, expiration } = await assume("worker", { DurationSeconds: 900 });
    expect(expiration?.getTime()).toBe(clock.now() + 900_000);
    const { sessionToken } = (await assume("idle")).credentials;
    const { accessKeyId, secretAccessKey } = credentials;
    for (const wrong of [
      { ...credentials, sessionToken },
      { accessKeyId, secretAccessKey },
    ])
      await expect(client(wrong).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
        name: "InvalidClientTokenId",
        message: "The security token included in the request is invalid.",
        $metadata: { httpStatusCode: 403 },
      });
    clock.advance(900_000);
    const expired = {
      name: "ExpiredToken",
      message: "The security token included in the request is expired",
    };
    await expect(client(credentials).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(expired);
    clock.advance(86_400_000);
    await assume("worker");
    await expect(client(credentials).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(expired);
  });

  it("name the role session", async () => {
    const worker = await assume("worker");
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/s1`;
    expect(worker.answer.AssumedRoleUser?.Arn).toBe(arn);
    const identity = await client(worker.credentials).send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({ Account: ACCOUNT, Arn: arn });
    expect(identity.UserId).toBe(worker.answer.AssumedRoleUser?.AssumedRoleId);
  });

  it("of the account name its root", async () => {
    const identity = await client().send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:iam::${ACCOUNT}:root`,
      UserId: ACCOUNT,
    });
  });

  it("let a session whose role is allowed to assume and tag the tenant role do so", async () => {
    const worker = (await assume("worker")).credentials;
    await expect(assume("tenant", { Tags: tenantTag }, worker)).resolves.toBeDefined();
  });

  it("of a role that the trust policy names directly need no identity policy", async () => {
    const idle = (await assume("idle")).credentials;
    await expect(assume("direct", {}, idle)).resolves.toBeDefined();
  });
});

describe("a function's credentials", () => {
  it("are its execution role's, stay the same, and do not expire", async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = local.identities.forFunction("Function");
    expect(local.identities.forFunction("gh-worker").accessKeyId).toBe(accessKeyId);
    clock.advance(365 * 86_400_000);
    const identity = await client({ accessKeyId, secretAccessKey, sessionToken }).send(
      new GetCallerIdentityCommand({}),
    );
    expect(identity.Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/worker/gh-worker`);
  });

  it("are not given for a role that Lambda cannot assume", () => {
    expect(() => local.identities.forFunction("Rogue")).toThrow("cannot be assumed by Lambda");
  });
});
