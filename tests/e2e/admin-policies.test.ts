import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { Command } from "../support/command.ts";
import { demoPlace } from "../support/demo-stack.ts";
import { demoAdmin, type GroupMember, newGroupMember } from "../support/group-member.ts";
import { logged } from "../support/logged.ts";
import type { Answer } from "../support/machine.ts";
import { claimsOf } from "../support/person.ts";
import { compiledStack } from "../support/template.ts";

const LIMIT_MILLISECONDS = 60_000;
const FIRST = { "If-Match": undefined };

let admin: GroupMember;
let names = 0;
const newGroup = () => {
  names += 1;
  return `test-${process.pid}-${names}`;
};

beforeAll(async () => {
  admin = await demoAdmin();
});

const statement = (changes: object = {}) => ({
  Effect: "Allow",
  Action: "execute-api:Invoke",
  Resource: "execute-api:/*/GET/admin/policies",
  ...changes,
});
const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });

/** A group that has this policy. */
async function groupWith(...statements: object[]): Promise<string> {
  const group = newGroup();
  const body = policy(...statements);
  const answer = await admin.call("PUT", `/admin/policies/${group}`, { body, headers: FIRST });
  expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
  return group;
}

const problemOf = ({ status, body }: Answer) => {
  const { type, message } = body as { type?: string; message?: string };
  return { status, type: type?.replace("urn:gatehouse:problem:", ""), message };
};
const DENIED = {
  status: 403,
  type: "access-denied",
  message: "User is not authorized to access this resource",
};
/** Let in by the gateway, refused by the function. */
const NOT_IN_GROUP = { status: 403, type: "not-in-group", message: "Forbidden" };

describe("a person's policy", () => {
  it.each([
    ["the one that is allowed first", ["/admin/policies", "/admin/policies/viewers"]],
    ["the one that is denied first", ["/admin/policies/viewers", "/admin/policies"]],
  ])("allows to GET one path and not another, %s", async (_what, paths) => {
    const member = await newGroupMember(await groupWith(statement()));
    for (const path of [...paths, ...paths])
      expect([path, problemOf(await member.call("GET", path))]).toEqual([
        path,
        path === "/admin/policies" ? NOT_IN_GROUP : DENIED,
      ]);
  });

  it("allows one method of a path and not another", async () => {
    const group = await groupWith(statement({ Resource: "execute-api:/*/GET/admin/*" }));
    const member = await newGroupMember(group);
    const body = policy(statement());
    expect(problemOf(await member.call("GET", `/admin/policies/${group}`))).toEqual(NOT_IN_GROUP);
    expect(problemOf(await member.call("PUT", `/admin/policies/${group}`, { body }))).toEqual(DENIED);
  });

  it("limited by aws:SourceIp lets in from there and from nowhere else", async () => {
    const from = (address: string) => statement({ Condition: { IpAddress: { "aws:SourceIp": address } } });
    const here = await newGroupMember(await groupWith(from("127.0.0.0/8")));
    const elsewhere = await newGroupMember(await groupWith(from("203.0.113.0/24")));
    expect(problemOf(await here.call("GET", "/admin/policies"))).toEqual(NOT_IN_GROUP);
    const headers = { "X-Forwarded-For": "203.0.113.7" };
    expect(problemOf(await elsewhere.call("GET", "/admin/policies", { headers }))).toEqual(DENIED);
  });

  it("of one group does not give back what that of another denies", async () => {
    const allowing = await groupWith(statement({ Resource: "execute-api:/*/GET/admin/*" }));
    const denying = await groupWith(statement({ Effect: "Deny" }));
    const member = await newGroupMember(allowing, denying);
    expect(problemOf(await member.call("GET", "/admin/policies")).message).toContain("explicit deny");
    expect(problemOf(await member.call("GET", "/admin/policies/viewers"))).toEqual(NOT_IN_GROUP);
  });

  it("that denies one path denies it in every spelling", async () => {
    const all = statement({ Resource: "execute-api:/*/GET/admin/*" });
    const deny = statement({ Effect: "Deny", Resource: "execute-api:/*/GET/admin/audit" });
    const member = await newGroupMember(await groupWith(all, deny));
    expect((await member.call("GET", "/admin/tenants")).status).toBe(200);
    expect(problemOf(await member.call("GET", "/admin/audit")).message).toContain("explicit deny");
    for (const path of ["/admin/%61udit", "/admin/audi%74"])
      expect([path, problemOf(await member.call("GET", path))]).toEqual([
        path,
        { status: 404, type: "not-found", message: "Not found" },
      ]);
  });

  it("is the same whichever method asks, so that it may be kept for all", async () => {
    const ask = (methodArn: string) =>
      invokeAuthorizer({
        type: "TOKEN",
        methodArn,
        authorizationToken: `Bearer ${admin.tokens.accessToken}`,
      });
    const stage = String(compiledStack().outputs().ApiStageArn);
    const one = await ask(`${stage}/GET/admin/policies`);
    expect(one).toMatchObject({
      principalId: expect.any(String),
      context: { username: "demo-admin", groups: "admin" },
    });
    expect(await ask("arn:aws:execute-api:eu-west-1:1:foreign/dev/DELETE/x")).toEqual(one);
  });
});

async function invokeAuthorizer(event: object): Promise<unknown> {
  const { LambdaClient, InvokeCommand } = await import("@aws-sdk/client-lambda");
  const lambda = new LambdaClient({ endpoint: `http://127.0.0.1:${demoPlace().lambdaPort}` });
  const FunctionName = compiledStack().resource("AuthorizeAdminLambdaFunction").physicalId;
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return JSON.parse(new TextDecoder().decode(Payload));
}

describe("an admin", () => {
  it("finds the default policies in place, written out for this API and stage", async () => {
    const { status, body } = await admin.call("GET", "/admin/policies");
    expect(status).toBe(200);
    const { items } = body as { items: { group: string; document: object }[] };
    expect(items.map(({ group }) => group)).toEqual(expect.arrayContaining(["admin", "editors", "viewers"]));
    const own = items.find(({ group }) => group === "admin");
    expect(own?.document).toEqual(
      policy({
        Sid: "Everything",
        ...statement({ Resource: [`${compiledStack().outputs().ApiStageArn}/*/admin/*`] }),
      }),
    );
  });

  it("puts a first policy, reads it, and changes the version that was read", async () => {
    const path = `/admin/policies/${await groupWith(statement())}`;
    const first = await admin.call("GET", path);
    expect([first.status, first.headers.get("etag")]).toEqual([200, '"1"']);
    expect(first.body).toEqual(
      policy(statement({ Resource: [`${compiledStack().outputs().ApiStageArn}/GET/admin/policies`] })),
    );
    const put = (ifMatch: string | undefined) =>
      admin.call("PUT", path, { body: first.body as object, headers: { "If-Match": ifMatch } });
    expect(problemOf(await put(undefined))).toMatchObject({ status: 428, type: "precondition-required" });
    expect(problemOf(await put('"2"'))).toMatchObject({ status: 412, type: "precondition-failed" });
    const second = await put('"1"');
    expect([second.status, second.headers.get("etag")]).toEqual([200, '"2"']);
    expect(problemOf(await put('"1"'))).toMatchObject({ status: 412 });
    expect((await put("*")).headers.get("etag")).toBe('"3"');
  });

  it("gets one of two changes at the same time through", async () => {
    const path = `/admin/policies/${await groupWith(statement())}`;
    const put = () => admin.call("PUT", path, { body: policy(statement()), headers: { "If-Match": '"1"' } });
    const statuses = (await Promise.all([put(), put(), put()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 412, 412]);
  });

  it("is told all that is wrong with a policy, and nothing is stored", async () => {
    const path = `/admin/policies/${newGroup()}`;
    const body = policy(statement({ Resource: "*", NotAction: "x" }), statement({ Condition: { Bool: {} } }));
    const answer = await admin.call("PUT", path, { body });
    expect(answer.status).toBe(400);
    const { errors } = answer.body as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      "#/Statement/0/NotAction",
      "#/Statement/0/Resource",
      "#/Statement/1/Condition/Bool",
    ]);
    expect(problemOf(await admin.call("GET", path))).toMatchObject({ status: 404, type: "not-found" });
  });

  it.each(["a%20b", "a%2Fb", "%23", "x".repeat(129)])("is told that %s is no group", async (name) => {
    expect((await admin.call("GET", `/admin/policies/${name}`)).status).toBe(404);
    const body = policy(statement());
    expect((await admin.call("PUT", `/admin/policies/${name}`, { body })).status).toBe(404);
  });

  it("is refused by the gateway's model what is no policy at all", async () => {
    const answer = await admin.call("PUT", `/admin/policies/${newGroup()}`, { body: { Statement: [] } });
    expect(problemOf(answer)).toEqual({ status: 400, type: "invalid-body", message: "Invalid request body" });
  });
});

it("the access log names the person, of a call that was refused as well, and no token", async () => {
  const member = await newGroupMember(await groupWith(statement()));
  await member.call("GET", "/admin/policies/viewers");
  const personId = claimsOf(member.tokens.accessToken).sub;
  const { log, line } = await logged((entry) => entry.personId === personId);
  expect(line).toMatchObject({
    route: "/admin/policies/{group}",
    status: "403",
    responseType: "ACCESS_DENIED",
    tenantId: "-",
  });
  expect(log).not.toContain(member.tokens.accessToken);
});

describe("the policies' command line", () => {
  const policies = (...args: string[]) => Command.run(demoPlace(), "policies.ts", ...args);
  const file = (content: unknown) => {
    const path = join(demoPlace().home, `${newGroup()}.json`);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };

  it.each<[string, () => string[], number, string]>([
    ["a file that is not there", () => ["put", "viewers", "/nowhere.json"], 2, "cannot be read"],
    ["a file that is no JSON", () => ["put", "viewers", file("{")], 2, "is not JSON"],
    [
      "a policy for everything",
      () => ["put", "viewers", file(policy(statement({ Resource: "*" })))],
      2,
      "#/Statement/0/Resource must begin",
    ],
    ["to lint the same", () => ["lint", file(policy(statement({ Action: "*" })))], 2, "#/Statement/0/Action"],
    ["a group that has no policy", () => ["get", "nobody-at-all"], 1, "There is no such policy."],
    ["what is no group's name", () => ["get", "a b"], 2, "is no group's name"],
    ["a command it does not know", () => ["frob"], 2, "unknown command"],
  ])(
    "refuses %s",
    async (_what, args, code, reason) => {
      const outcome = await policies(...args());
      expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(reason) });
      expect(outcome.stderr).not.toMatch(/^\s+at /m);
    },
    LIMIT_MILLISECONDS,
  );

  it(
    "puts, puts again, gets, lists and lints",
    async () => {
      const group = newGroup();
      const source = file(policy(statement()));
      expect(await policies("lint", source)).toMatchObject({ code: 0 });
      expect(await policies("put", group, source)).toMatchObject({ code: 0, stdout: "" });
      const again = await policies("--json", "put", group, source);
      expect(JSON.parse(again.stdout)).toMatchObject({ group, version: 2 });
      const read = await policies("get", group);
      const answer = await admin.call("GET", `/admin/policies/${group}`);
      expect(JSON.parse(read.stdout)).toEqual(answer.body);
      expect((await policies("list")).stdout).toMatch(new RegExp(`^${group} .*version 2 `, "m"));
      expect(JSON.parse((await policies("--json", "defaults")).stdout)).toEqual([]);
    },
    LIMIT_MILLISECONDS,
  );
});

describe("the authorizer in the template", () => {
  it("may be called by the API for this authorizer alone, and its results are kept for a minute at most", () => {
    const stack = compiledStack();
    const { properties } = stack.resource("AdminAuthorizer");
    expect(properties).toMatchObject({
      Type: "TOKEN",
      IdentitySource: "method.request.header.Authorization",
    });
    expect(Number(properties.AuthorizerResultTtlInSeconds)).toBeLessThanOrEqual(60);
    const permission = stack.resource("AuthorizeAdminPermission").properties;
    expect(permission).toMatchObject({
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
    });
    const raw = stack.template.Resources.AuthorizeAdminPermission?.Properties;
    expect(JSON.stringify(raw?.SourceArn)).toContain("/authorizers/$" + "{AdminAuthorizer}");
    expect(Stack.logicalIdOf(raw?.FunctionName)).toBe("AuthorizeAdminLambdaFunction");
  });
});
