import { afterEach, describe, expect, it } from "@jest/globals";
import { credentials, type EdgeUnderTest, seen, startEdge } from "./edge-under-test.ts";
import { send, sessionOf, signed } from "./signed-call.ts";
import { authorizerThat, policyThat, type Says, statement, walls } from "./walls-template.ts";

let edge: EdgeUnderTest;
afterEach(() => edge.close());

async function start(statements: readonly object[]): Promise<void> {
  edge = await startEdge(walls(statements));
}

const denied = (path: string, why = "") => ({
  status: 403,
  body: {
    Message: `User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********0000:${edge.restApiId}/dev/GET${path}${why}`,
  },
  errorType: "AccessDeniedException",
});
const EXPLICIT = " with an explicit deny";

/** Table A of "How API Gateway resource policies affect authorization workflow". */
const TABLE_A: readonly (readonly [identity: Says, resource: Says, outcome: 200 | 403])[] = [
  ["allow", "allow", 200],
  ["allow", "neither", 200],
  ["allow", "deny", 403],
  ["neither", "allow", 200],
  ["neither", "neither", 403],
  ["neither", "deny", 403],
  ["deny", "allow", 403],
  ["deny", "neither", 403],
  ["deny", "deny", 403],
];

describe("with a resource policy, a method without authorization", () => {
  it("needs an explicit Allow", async () => {
    for (const [says, why] of [
      ["neither", ""],
      ["deny", EXPLICIT],
    ] as const) {
      await start(policyThat(says));
      expect(await seen(await fetch(`${edge.url}/v1/open`))).toEqual(denied("/v1/open", why));
      expect(edge.events).toEqual([]);
      await edge.close();
    }
    await start(policyThat("allow"));
    expect((await fetch(`${edge.url}/v1/open`)).status).toBe(200);
  });
});

describe("with a resource policy, a method with a Cognito authorizer", () => {
  it("refuses a bad token as ever, and a good one without an explicit Allow", async () => {
    for (const [says, why] of [
      ["neither", ""],
      ["deny", EXPLICIT],
    ] as const) {
      await start(policyThat(says));
      expect((await fetch(`${edge.url}/v1/flights`)).status).toBe(401);
      const withToken = await fetch(`${edge.url}/v1/flights`, { headers: credentials() });
      expect(await seen(withToken)).toEqual(denied("/v1/flights", why));
      expect(edge.metered).toEqual([]);
      await edge.close();
    }
    await start(policyThat("allow"));
    expect((await fetch(`${edge.url}/v1/flights`)).status).toBe(401);
    expect((await fetch(`${edge.url}/v1/flights`, { headers: credentials() })).status).toBe(200);
  });
});

describe("with a resource policy, a method with a Lambda authorizer", () => {
  it.each(TABLE_A)(
    "where the authorizer says %s and the policy %s answers %i",
    async (own, policy, outcome) => {
      await start(policyThat(policy));
      edge.handlers.authorize = () => authorizerThat(own);
      const response = await fetch(`${edge.url}/v1/staff`, { headers: { authorization: "token" } });
      expect(response.status).toBe(outcome);
      expect(edge.events.some(({ resource }) => resource === "/v1/staff")).toBe(outcome === 200);
    },
  );

  it("does not ask the authorizer about a call that the policy denies", async () => {
    await start(policyThat("deny"));
    edge.handlers.authorize = () => authorizerThat("allow");
    const response = await fetch(`${edge.url}/v1/staff`, { headers: { authorization: "token" } });
    expect(await seen(response)).toEqual(denied("/v1/staff", EXPLICIT));
    expect(edge.events).toEqual([]);
  });
});

describe("with a resource policy, a method with IAM authorization", () => {
  const ROLES = { allow: "reader", neither: "stranger", deny: "barred" };
  const call = async (roleName: string) => {
    const session = sessionOf(edge, roleName);
    return send(edge, await signed(edge, { credentials: session }));
  };

  it.each(TABLE_A)(
    "where the caller's policies say %s and the policy %s answers %i",
    async (own, policy, outcome) => {
      await start(policyThat(policy));
      const { status, errorType } = await call(ROLES[own]);
      expect([status, errorType]).toEqual([outcome, outcome === 200 ? undefined : "AccessDeniedException"]);
      expect(edge.events.length).toBe(outcome === 200 ? 1 : 0);
    },
  );

  it("says that it was the resource-based policy", async () => {
    await start(policyThat("deny"));
    expect((await call("reader")).message).toMatch(
      /^User: arn:aws:sts::000000000000:assumed-role\/reader\/s1 is not authorized .* with an explicit deny in a resource-based policy$/,
    );
  });

  it("asks for a signature first: a policy that allows everybody lets in nobody unsigned", async () => {
    await start(policyThat("allow"));
    const response = await fetch(`${edge.url}/v1/reports/r1`);
    expect((await seen(response)).body).toEqual({ message: "Missing Authentication Token" });
  });

  it("lets in a role that an Allow names, and leaves it to the role's own policies where it names the account", async () => {
    const allowed = (AWS: string) => [statement({ Principal: { AWS } })];
    await start(allowed("arn:aws:iam::000000000000:role/stranger"));
    expect((await call("stranger")).status).toBe(200);
    await edge.close();
    await start(allowed("arn:aws:iam::000000000000:root"));
    expect([(await call("stranger")).status, (await call("reader")).status]).toEqual([403, 200]);
  });

  it("shuts out a role, or the account, that a Deny names", async () => {
    for (const AWS of ["arn:aws:iam::000000000000:role/reader", "000000000000"]) {
      await start([statement({ Effect: "Deny", Principal: { AWS } })]);
      expect((await call("reader")).status).toBe(403);
      await edge.close();
    }
    await start([statement({ Effect: "Deny", Principal: { AWS: "arn:aws:iam::000000000000:role/barred" } })]);
    expect((await call("reader")).status).toBe(200);
  });
});

describe("conditions of a resource policy", () => {
  const openFrom = async (from: EdgeUnderTest["from"]) => {
    edge.from = from;
    return (await fetch(`${edge.url}/v1/open`)).status;
  };

  it("see the caller's address", async () => {
    const Condition = { IpAddress: { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] } };
    await start([statement({ Condition })]);
    expect(await openFrom({ sourceIp: "192.0.2.7" })).toBe(200);
    expect(await openFrom({ sourceIp: "2001:db8::7" })).toBe(200);
    expect(await openFrom({ sourceIp: "198.51.100.7" })).toBe(403);
    expect(await openFrom({ sourceIp: "192.0.2.7", vpcEndpointId: "vpce-1a2b3c4d" })).toBe(403);
  });

  it("see the VPC endpoint, and the address behind it under its own key", async () => {
    const Condition = {
      StringEquals: { "aws:SourceVpce": "vpce-1a2b3c4d" },
      IpAddress: { "aws:VpcSourceIp": "10.0.0.0/8" },
    };
    await start([statement({ Condition })]);
    expect(await openFrom({ sourceIp: "10.1.1.1", vpcEndpointId: "vpce-1a2b3c4d" })).toBe(200);
    expect(await openFrom({ sourceIp: "172.16.0.1", vpcEndpointId: "vpce-1a2b3c4d" })).toBe(403);
    expect(await openFrom({ sourceIp: "10.1.1.1", vpcEndpointId: "vpce-ffffffff" })).toBe(403);
    expect(await openFrom({ sourceIp: "10.1.1.1" })).toBe(403);
  });

  it("are no matter of headers that a client sends", async () => {
    await start([statement({ Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } })]);
    const headers = { "x-forwarded-for": "192.0.2.7", "x-amzn-vpce-id": "vpce-1a2b3c4d" };
    expect((await fetch(`${edge.url}/v1/open`, { headers })).status).toBe(403);
  });
});

describe("a template's resource policy", () => {
  it("that cannot be evaluated stops the start", async () => {
    await start(policyThat("allow"));
    const strange = statement({ Condition: { IpAdress: { "aws:SourceIp": "192.0.2.0/24" } } });
    await expect(startEdge(walls([strange]))).rejects.toThrow("no condition operator IpAdress");
    await expect(startEdge(walls([statement({ NotPrincipal: "*" })]))).rejects.toThrow("NotPrincipal");
  });
});
