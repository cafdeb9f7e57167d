import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { CallerSession } from "../../scripts/internal/caller-session.ts";
import { evaluate } from "../../scripts/local-aws/iam/evaluate.ts";
import { Roles } from "../../scripts/local-aws/iam/roles.ts";
import type { PolicyStatement } from "../../scripts/local-aws/kernel/caller.ts";
import { Command } from "../support/command.ts";
import { demo, demoPlace, demoTenant } from "../support/demo-stack.ts";
import { callInternal, internalCaller } from "../support/internal-caller.ts";
import { invoke } from "../support/invoke.ts";
import { logged } from "../support/logged.ts";
import { type Answer, call } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { compiledStack, routesUnder } from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const NOBODY = "ten_01JD0000000000000000000000";
const CUSTOMER = "c-internal";

type Machine = Awaited<ReturnType<typeof newMachine>>;
let alice: Machine;
let bob: Machine;

beforeAll(async () => {
  [alice, bob] = await Promise.all([newMachine("premium"), newMachine("premium")]);
  const body = { type: "earn", points: 1200, reason: "flight" };
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  await alice.call("POST", `/v1/loyalty/${CUSTOMER}/transactions`, { body, headers });
});

const loyalty = (tenantId: string, customerId = CUSTOMER) => `/internal/loyalty/${tenantId}/${customerId}`;
const profile = (tenantId: string) => `/internal/tenants/${tenantId}`;

const problemOf = ({ status, headers, body }: Answer) => {
  const { type, message } = body as { type?: string; message?: string };
  expect(headers.get("content-type")).toBe("application/problem+json");
  return { status, type: type?.replace("urn:gatehouse:problem:", ""), message };
};

/** A session of the callers' role that may do less than the role. */
async function callerWith(
  RoleSessionName: string,
  ...statements: readonly { readonly Effect: "Allow" | "Deny"; readonly Resource: string }[]
): Promise<CallerSession> {
  await internalCaller();
  const RoleArn = String(compiledStack().outputs().InternalCallerRoleArn);
  const Statement = statements.map((one) => ({ ...one, Action: "execute-api:Invoke" }));
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  const { Credentials } = await new STSClient({}).send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName, Policy }),
  );
  return {
    accessKeyId: String(Credentials?.AccessKeyId),
    secretAccessKey: String(Credentials?.SecretAccessKey),
    sessionToken: String(Credentials?.SessionToken),
    region: demo().region,
  };
}

describe("the internal API refuses", () => {
  it("an unsigned call, whatever token and key it has", async () => {
    const missing = { status: 403, type: "no-such-route", message: "Missing Authentication Token" };
    const key = { "x-api-key": alice.apiKey };
    for (const path of [loyalty(alice.tenant.tenantId), profile(alice.tenant.tenantId)]) {
      expect(problemOf(await call(`${demo().apiUrl}${path}`, "GET"))).toEqual(missing);
      expect(problemOf(await call(`${demo().apiUrl}${path}`, "GET", { headers: key }))).toEqual(missing);
      const withToken = await call(`${demo().apiUrl}${path}`, "GET", { headers: alice.authorization });
      expect(problemOf(withToken)).toMatchObject({ status: 403, type: "invalid-signature" });
    }
  });

  it("a wrong secret, in AWS's words", async () => {
    const forged: CallerSession = { ...(await internalCaller()), secretAccessKey: "forged" };
    const answer = problemOf(await callInternal(profile(alice.tenant.tenantId), forged));
    expect(answer).toMatchObject({ status: 403, type: "invalid-signature" });
    expect(answer.message).toMatch(/^The request signature we calculated does not match/);
  });

  it("the account's own keys, which nothing here can verify", async () => {
    const session = { accessKeyId: "operator", secretAccessKey: "operator", sessionToken: "" };
    const answer = await callInternal(profile(NOBODY), { ...session, region: demo().region });
    expect(problemOf(answer)).toMatchObject({
      status: 403,
      message: "The security token included in the request is invalid.",
    });
  });

  it("the callers' role under a session policy that does not allow the call", async () => {
    const session = await callerWith("narrow", { Effect: "Allow", Resource: "*/GET/internal/tenants/*" });
    expect((await callInternal(profile(alice.tenant.tenantId), session)).status).toBe(200);
    const answer = problemOf(await callInternal(loyalty(alice.tenant.tenantId), session));
    expect(answer).toMatchObject({ status: 403, type: "access-denied" });
    expect(answer.message).toMatch(
      /assumed-role\/.*\/narrow is not authorized .* because no session policy allows/,
    );
  });

  it("in every spelling of its path, the one tenant that a session policy denies", async () => {
    const { tenantId } = alice.tenant;
    const session = await callerWith(
      "denied-one",
      { Effect: "Allow", Resource: "*/GET/internal/*" },
      { Effect: "Deny", Resource: `*/GET/internal/tenants/${tenantId}` },
    );
    expect((await callInternal(profile(bob.tenant.tenantId), session)).status).toBe(200);
    expect((await callInternal(profile(tenantId), session)).status).toBe(403);
    const nobody = problemOf(await callInternal(profile(NOBODY), session));
    expect(problemOf(await callInternal(profile(`%74${tenantId.slice(1)}`), session))).toEqual(nobody);
    expect(nobody.status).toBe(404);
  });

  it("a call at another method or path than its role names", async () => {
    const answer = await callInternal("/internal/everything");
    expect(problemOf(answer)).toMatchObject({ status: 403, message: "Missing Authentication Token" });
  });
});

describe("the internal API", () => {
  it("tells a customer's points with the tenant that was asked for, and of no other", async () => {
    const { status, body } = await callInternal(loyalty(alice.tenant.tenantId));
    expect([status, body]).toEqual([200, { points: 1200, level: "bronze", remainingPoints: 48800 }]);
    const elsewhere = await callInternal(loyalty(bob.tenant.tenantId));
    expect(problemOf(elsewhere)).toEqual(problemOf(await callInternal(loyalty(NOBODY))));
    expect(elsewhere.status).toBe(404);
  });

  it("tells of a tenant, without secrets", async () => {
    const { status, body } = await callInternal(profile(alice.tenant.tenantId));
    expect(status).toBe(200);
    expect(body).toMatchObject({ tenantId: alice.tenant.tenantId, status: "active", plan: "premium" });
    expect(JSON.stringify(body)).not.toContain(alice.tenant.clientSecret);
  });

  it("answers the same for a tenant that is not there and for what is no tenant's id", async () => {
    const answers = await Promise.all(
      [NOBODY, "ten_x", "policy%23admin"].map((tenantId) => callInternal(profile(tenantId))),
    );
    for (const { status, body } of answers)
      expect([status, body]).toEqual([
        404,
        expect.objectContaining({ message: "Not found", detail: "There is no such tenant." }),
      ]);
  });

  it("is called by the command line", async () => {
    const { tenantId } = demoTenant("skyways");
    const { code, stdout } = await Command.run(demoPlace(), "internal.ts", "--json", "get-tenant", tenantId);
    expect([code, JSON.parse(stdout).slug]).toEqual([0, "skyways"]);
    const points = await Command.run(demoPlace(), "internal.ts", "get-loyalty", tenantId, "GH-0001");
    expect(points.stdout).toMatch(/^points +\d+\nlevel /);
    const nobody = await Command.run(demoPlace(), "internal.ts", "get-tenant", NOBODY);
    expect([nobody.code, nobody.stdout]).toEqual([1, ""]);
    expect(nobody.stderr).toMatch(/^error: 404: There is no such tenant\. \(request [\w-]+\)$/m);
  });
});

it("the access log names the principal, of a call that a policy refused as well, and no token", async () => {
  const session = await internalCaller();
  await callInternal(loyalty(alice.tenant.tenantId, "c-logged"));
  const role = `arn:aws:sts::000000000000:assumed-role/${compiledStack().ref("InternalCallerRole")}`;
  const { log, line } = await logged(
    (entry) => entry.principalArn === `${role}/internal-cli` && entry.status === "404",
  );
  expect(line).toMatchObject({
    route: "/internal/loyalty/{tenantId}/{customerId}",
    tenantId: "-",
    personId: "-",
  });
  const refused = await logged((entry) => entry.principalArn === `${role}/narrow` && entry.status === "403");
  expect(refused.line).toMatchObject({ responseType: "ACCESS_DENIED" });
  expect(log).not.toContain(session.sessionToken);
});

describe("a function of the internal API, called past the gateway", () => {
  const pathParameters = () => ({ tenantId: alice.tenant.tenantId, customerId: CUSTOMER });

  it("without a principal, with a token, and with a principal that is not on its list answers 403", async () => {
    const role = "arn:aws:sts::000000000000:assumed-role";
    for (const { function: name, method, path } of routesUnder("internal"))
      for (const request of [
        {},
        { headers: alice.authorization },
        { userArn: `${role}/somebody/s1` },
        { userArn: `${role}/somebody/${compiledStack().ref("InternalCallerRole")}` },
        { userArn: "arn:aws:iam::000000000000:root" },
      ]) {
        const answer = await invoke(name, {
          method,
          resource: path,
          pathParameters: pathParameters(),
          ...request,
        });
        expect([name, request, answer.statusCode]).toEqual([name, request, 403]);
        expect(JSON.parse(answer.body)).toMatchObject({ message: "Forbidden" });
      }
  });

  it("may be invoked by API Gateway and by no role of the stack", () => {
    const stack = compiledStack();
    const functions = new Set(routesUnder("internal").map((route) => route.function));
    const permissions = stack
      .resources("AWS::Lambda::Permission")
      .filter(({ properties }) =>
        [...functions].some((name) => String(properties.FunctionName).endsWith(stack.ref(name))),
      );
    expect(permissions.map(({ properties }) => properties.Principal)).toEqual(
      [...functions].map(() => "apigateway.amazonaws.com"),
    );
    const roles = new Roles(stack);
    const invoking = stack.resources("AWS::IAM::Role").filter(({ physicalId }) =>
      [...functions].some(
        (name) =>
          evaluate(roles.named(physicalId)?.policies ?? [], {
            action: "lambda:InvokeFunction",
            resource: String(stack.resolve({ "Fn::GetAtt": [name, "Arn"] })),
            context: {},
          }) === "allow",
      ),
    );
    expect(invoking.map(({ logicalId }) => logicalId)).toEqual([]);
  });
});

describe("every method of the template under /internal", () => {
  it("has IAM authorization, and a function that asks for a principal", async () => {
    const routes = routesUnder("internal");
    expect(routes.length).toBeGreaterThanOrEqual(2);
    for (const { function: name, method, path, properties } of routes) {
      expect([method, path, properties.AuthorizationType]).toEqual([method, path, "AWS_IAM"]);
      const [file = ""] = String(compiledStack().resource(name).properties.Handler).split(/\.(?=\w+$)/);
      const module: { handler: { contract: unknown } } = await import(
        pathToFileURL(join(ROOT, `${file}.ts`)).href
      );
      expect(module.handler.contract).toEqual({ authorization: "AWS_IAM" });
    }
  });

  it("may be called by the callers' role, which may do nothing else", () => {
    const stack = compiledStack();
    const { Policies } = stack.resource("InternalCallerRole").properties as {
      Policies: { PolicyDocument: { Statement: PolicyStatement[] } }[];
    };
    const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    expect(statements.map(({ Effect, Action }) => [Effect, Action])).toEqual([
      ["Allow", "execute-api:Invoke"],
    ]);
    const api = `arn:aws:execute-api:us-east-1:000000000000:${stack.ref("ApiGatewayRestApi")}/dev/`;
    const allowed = [statements[0]?.Resource ?? []].flat();
    const routes = routesUnder("internal").map(
      ({ method, path }) => `${api}${method}${path.replace(/\{.*/, "*")}`,
    );
    expect([...allowed].sort()).toEqual([...new Set(routes)].sort());
  });
});
