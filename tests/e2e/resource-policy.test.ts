import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import { compileResourcePolicy } from "../../scripts/local-aws/edge/compile-resource-policy.ts";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { compiledStack, restRoutes } from "../support/template.ts";

const ENDPOINT = "vpce-0123456789abcdef0";

type Framework = { resolveVariable(name: string): Promise<unknown> };
const settingsOf: (framework: Framework) => Promise<{ statements: unknown }> = createRequire(import.meta.url)(
  "../../resources/resource-policy.cjs",
);

describe("the resource policy of the template", () => {
  it("is none by default", () => {
    expect(compiledStack().resource("ApiGatewayRestApi").properties.Policy).toBe("");
  });

  it("of a private stage allows every route behind a Cognito authorizer or none, and no other", async () => {
    const parameters = new Map<string, unknown>([
      ["sls:stage", "dev"],
      ["param:vpcEndpointIds", [ENDPOINT]],
    ]);
    const { statements } = await settingsOf({ resolveVariable: async (name) => parameters.get(name) });
    const stack = compiledStack();
    const { template, name, region } = stack;
    const { ApiGatewayRestApi: api } = template.Resources;
    if (!api) throw new Error("the template has no REST API");
    const Properties = { ...api.Properties, Policy: { Version: "2012-10-17", Statement: statements } };
    const Resources = { ...template.Resources, ApiGatewayRestApi: { ...api, Properties } };
    const restricted = new Stack({ ...template, Resources }, { name, region });
    const restApi = restricted.resource("ApiGatewayRestApi");
    const policy = compileResourcePolicy(restricted, restApi);
    const decided = restRoutes(stack).map(({ method, path }) => [
      `${method} ${path}`,
      policy?.decide({
        action: "execute-api:Invoke",
        resource: `arn:aws:execute-api:${region}:${stack.accountId}:${restApi.physicalId}/dev/${method}${path}`,
        context: { "aws:SourceVpce": ENDPOINT },
      }),
    ]);
    expect(decided).toEqual(
      restRoutes(stack).map(({ method, path, properties }) => [
        `${method} ${path}`,
        ["COGNITO_USER_POOLS", "NONE"].includes(String(properties.AuthorizationType))
          ? "allow"
          : "implicitDeny",
      ]),
    );
  });
});
