import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { compileResourcePolicy } from "../../scripts/local-aws/edge/compile-resource-policy.ts";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { template } from "./template.ts";

interface Settings {
  readonly statements: readonly { readonly Effect: string }[];
  readonly endpointType: string;
  readonly vpcEndpointIds: readonly string[] | null;
}

const settingsOf: (framework: { resolveVariable(name: string): Promise<unknown> }) => Promise<Settings> =
  createRequire(import.meta.url)("../../resources/resource-policy.cjs");

const OFFICE = "192.0.2.7";
const ELSEWHERE = "198.51.100.7";
const ENDPOINT = "vpce-0123456789abcdef0";
const OTHER_ENDPOINT = "vpce-1a2b3c4d";

const withParameters = (parameters: Readonly<Record<string, unknown>>) =>
  settingsOf({
    resolveVariable: async (name) =>
      name === "sls:stage" ? "dev" : (parameters[name.replace("param:", "")] ?? []),
  });

/** What the policy of a stage with these parameters says of a call. */
async function policyOf(parameters: Readonly<Record<string, unknown>>) {
  const { statements } = await withParameters(parameters);
  const Policy = { Version: "2012-10-17", Statement: statements };
  const api = { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "edge-dev", Policy } };
  const stack = new Stack(template({ Api: api }), { region: "eu-west-1", name: "edge-dev" });
  const restApi = stack.resource("Api");
  const policy = compileResourcePolicy(stack, restApi);
  return (route: string, { ip = ELSEWHERE, endpoint }: { ip?: string; endpoint?: string } = {}) =>
    policy?.decide({
      action: "execute-api:Invoke",
      resource: `arn:aws:execute-api:eu-west-1:000000000000:${restApi.physicalId}/dev/${route}`,
      context: endpoint ? { "aws:SourceVpce": endpoint, "aws:VpcSourceIp": ip } : { "aws:SourceIp": ip },
    });
}

const COGNITO = ["GET/v1/flights", "POST/v1/flights", "GET/users", "PUT/users/admin/groups/editors"];

describe("the resource policy of a stage", () => {
  it("is none without parameters: a first deployment can be called from anywhere", async () => {
    expect(await withParameters({})).toEqual({
      statements: [],
      endpointType: "REGIONAL",
      vpcEndpointIds: null,
    });
  });

  it("denies /admin to whoever is outside its ranges and limits nothing else", async () => {
    const decide = await policyOf({ adminCidrs: ["192.0.2.0/24"] });
    expect(decide("GET/admin/tenants", { ip: ELSEWHERE })).toBe("explicitDeny");
    expect(decide("DELETE/admin/tenants/t1", { ip: ELSEWHERE })).toBe("explicitDeny");
    expect(decide("GET/admin/tenants", { ip: OFFICE })).toBe("implicitDeny");
    expect(decide("GET/internal/tenants/t1", { ip: ELSEWHERE })).toBe("implicitDeny");
    expect(COGNITO.map((route) => decide(route))).toEqual(COGNITO.map(() => "allow"));
  });

  it("denies /internal to whoever comes neither from its ranges nor by its endpoints", async () => {
    const decide = await policyOf({ internalCidrs: "192.0.2.0/24", internalVpcEndpointIds: [ENDPOINT] });
    const route = "GET/internal/tenants/t1";
    expect(decide(route, { ip: ELSEWHERE })).toBe("explicitDeny");
    expect(decide(route, { ip: OFFICE, endpoint: OTHER_ENDPOINT })).toBe("explicitDeny");
    expect(decide(route, { ip: OFFICE })).toBe("implicitDeny");
    expect(decide(route, { endpoint: ENDPOINT })).toBe("implicitDeny");
    expect(decide("GET/admin/tenants")).toBe("implicitDeny");
  });

  it("denies everything to ranges and endpoints on the deny lists", async () => {
    const decide = await policyOf({
      deniedCidrs: "198.51.100.0/24, 2001:db8::/32",
      deniedVpcEndpointIds: [ENDPOINT],
    });
    for (const route of [...COGNITO, "GET/admin/tenants", "GET/internal/tenants/t1"]) {
      expect(decide(route, { ip: ELSEWHERE })).toBe("explicitDeny");
      expect(decide(route, { ip: "2001:db8::1" })).toBe("explicitDeny");
      expect(decide(route, { ip: OFFICE, endpoint: ENDPOINT })).toBe("explicitDeny");
      expect(decide(route, { ip: OFFICE })).not.toBe("explicitDeny");
    }
  });

  it("of a private stage denies everything to whoever does not come by its endpoints", async () => {
    const parameters = {
      vpcEndpointIds: [ENDPOINT],
      adminCidrs: ["10.0.0.0/8"],
      deniedCidrs: ["10.9.0.0/16"],
    };
    const { endpointType, vpcEndpointIds } = await withParameters(parameters);
    expect([endpointType, vpcEndpointIds]).toEqual(["PRIVATE", [ENDPOINT]]);
    const decide = await policyOf(parameters);
    for (const route of [...COGNITO, "GET/admin/tenants", "GET/internal/tenants/t1"]) {
      expect(decide(route)).toBe("explicitDeny");
      expect(decide(route, { endpoint: OTHER_ENDPOINT })).toBe("explicitDeny");
      expect(decide(route, { endpoint: ENDPOINT, ip: "10.9.1.1" })).toBe("explicitDeny");
    }
    expect(COGNITO.map((route) => decide(route, { endpoint: ENDPOINT }))).toEqual(COGNITO.map(() => "allow"));
    expect(decide("GET/admin/tenants", { endpoint: ENDPOINT, ip: "10.1.1.1" })).toBe("implicitDeny");
    expect(decide("GET/admin/tenants", { endpoint: ENDPOINT, ip: "172.16.1.1" })).toBe("explicitDeny");
  });

  it("never allows a path under /admin or /internal, which would do without their own policies", async () => {
    const decide = await policyOf({ vpcEndpointIds: [ENDPOINT] });
    const segment = fc.constantFrom("v1", "users", "flights", "admin", "internal", "t1", "GET", "*", "..");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"),
        fc.constantFrom("admin", "internal"),
        fc.array(segment, { maxLength: 6 }),
        async (method, part, path) => {
          expect(decide([method, part, ...path].join("/"), { endpoint: ENDPOINT })).toBe("implicitDeny");
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ["adminCidrs", "192.0.2.0/33", "no address range"],
    ["internalCidrs", ["office"], "no address range"],
    ["deniedCidrs", "192.0.2.0/24/1", "no address range"],
    ["deniedCidrs", "2001:db8::/129", "no address range"],
    ["vpcEndpointIds", "vpc-12345678", "no id of a VPC endpoint"],
    ["adminVpcEndpointIds", [ENDPOINT, "*"], "no id of a VPC endpoint"],
  ])("is not made of %s = %s", async (name, value, message) => {
    await expect(withParameters({ [name]: value })).rejects.toThrow(`the parameter ${name} has`);
    await expect(withParameters({ [name]: value })).rejects.toThrow(message);
  });
});
