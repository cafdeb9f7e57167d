import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { qualified, SCOPES } from "../../src/domain/access/scope.ts";
import { PLAN_CLAIM, TENANT_CLAIM } from "../../src/domain/access/token-claims.ts";
import type { Validator } from "../../src/generated/validator.d.ts";
import type { EndpointContract } from "../../src/http/tenant-endpoint.ts";
import { compiledStack, type RestRoute, restRoutes, routesUnder } from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");

let stack: Stack;
let routes: RestRoute[];

beforeAll(() => {
  stack = compiledStack();
  routes = routesUnder("v1", stack);
});

/** The properties of the only resource of that type. */
function propertiesOf<Properties>(type: string): Properties {
  const [only, ...others] = stack.resources(type);
  if (!only || others.length > 0) throw new Error(`the template should have one ${type}`);
  return only.properties as Properties;
}

/** What the function behind a route demands by itself. */
async function contractOf(route: RestRoute): Promise<EndpointContract> {
  const [path = "", name = ""] = String(stack.resource(route.function).properties.Handler).split(
    /\.(?=\w+$)/,
  );
  const module: Record<string, { contract: EndpointContract }> = await import(
    pathToFileURL(join(ROOT, `${path}.ts`)).href
  );
  const handler = module[name];
  if (!handler?.contract) throw new Error(`${path} is no tenant endpoint`);
  return handler.contract;
}

async function validatorOf(schema: string): Promise<Validator<unknown>> {
  const name = schema.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase());
  const module: Record<string, Validator<unknown>> = await import(
    pathToFileURL(join(ROOT, "src", "generated", `${schema}.js`)).href
  );
  const validator = module[name];
  if (!validator) throw new Error(`src/generated/${schema}.js has no ${name}`);
  return validator;
}

it("every method of the template is of an API that is tested as a whole", () => {
  const known = (["v1", "users", "admin"] as const).flatMap((part) => routesUnder(part, stack));
  expect(known.map(({ path }) => path).sort()).toEqual(
    restRoutes(stack)
      .map(({ path }) => path)
      .sort(),
  );
});

describe("every method of the template under /v1", () => {
  it("has the Cognito authorizer, a scope and a key requirement", () => {
    expect(routes.length).toBeGreaterThanOrEqual(10);
    for (const { method, path, properties, authorizer } of routes) {
      expect(path).toMatch(/^\/v1\//);
      expect({
        route: `${method} ${path}`,
        type: properties.AuthorizationType,
        key: properties.ApiKeyRequired,
        authorizer,
      }).toEqual({
        route: `${method} ${path}`,
        type: "COGNITO_USER_POOLS",
        key: true,
        authorizer: "TenantAuthorizer",
      });
      expect(properties.AuthorizationScopes).toHaveLength(1);
    }
  });

  it("names the scopes that its function enforces", async () => {
    for (const route of routes) {
      const { scopes } = await contractOf(route);
      expect([route.function, route.properties.AuthorizationScopes]).toEqual([
        route.function,
        scopes.map(qualified),
      ]);
    }
  });

  it("that takes a body has a model, validated, and it is the schema of the function's validator", async () => {
    for (const route of routes) {
      const { body } = await contractOf(route);
      expect([route.function, route.model !== undefined]).toEqual([route.function, body !== undefined]);
      if (!route.model) continue;
      const { Schema } = stack.resource(route.model).properties as { Schema: { title: string } };
      const file = Schema.title.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase();
      expect(Schema).toEqual(JSON.parse(readFileSync(join(ROOT, "schemas", `${file}.json`), "utf8")));
      expect(body).toBe(await validatorOf(file));
      expect(route.properties.RequestValidatorId).toBeDefined();
    }
  });

  it("with a body takes one: every POST, PUT and PATCH", async () => {
    for (const route of routes)
      expect([route.method, route.model !== undefined]).toEqual([
        route.method,
        ["POST", "PUT", "PATCH"].includes(route.method),
      ]);
  });
});

describe("what the code repeats of the template is the same", () => {
  it("the resource server's scopes", () => {
    const { Identifier, Scopes } = propertiesOf<{ Identifier: string; Scopes: { ScopeName: string }[] }>(
      "AWS::Cognito::UserPoolResourceServer",
    );
    expect(Scopes.map(({ ScopeName }) => `${Identifier}/${ScopeName}`)).toEqual(SCOPES.map(qualified));
  });

  it("the claims that the access log names", () => {
    const { AccessLogSetting } = propertiesOf<{ AccessLogSetting: { Format: string } }>(
      "AWS::ApiGateway::Stage",
    );
    const format = JSON.parse(AccessLogSetting.Format);
    expect(format.tenantId).toBe(`$context.authorizer.claims.${TENANT_CLAIM}`);
    expect(format.plan).toBe(`$context.authorizer.claims.${PLAN_CLAIM}`);
  });
});

describe("the tables", () => {
  it("are encrypted and can be restored to a point in time", () => {
    const tables = stack.resources("AWS::DynamoDB::Table");
    expect(tables).toHaveLength(2);
    for (const { properties } of tables)
      expect(properties).toMatchObject({
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
      });
  });
});

describe("the deployment", () => {
  it("comes after everything that it is a snapshot of", () => {
    const { Resources } = stack.template;
    const deployments = Object.values(Resources).filter(({ Type }) => Type === "AWS::ApiGateway::Deployment");
    expect(deployments).toHaveLength(1);
    const waitsFor = deployments[0] && "DependsOn" in deployments[0] ? deployments[0].DependsOn : [];
    const snapshot = Object.keys(Resources).filter((logicalId) =>
      ["AWS::ApiGateway::Method", "AWS::ApiGateway::GatewayResponse"].includes(
        Resources[logicalId]?.Type ?? "",
      ),
    );
    expect(waitsFor).toEqual(expect.arrayContaining(snapshot));
  });
});

describe("the gateway's own refusals", () => {
  it("are problem details with the gateway's wording and a request id, and 429 says when to come again", () => {
    const responses = stack.resources("AWS::ApiGateway::GatewayResponse");
    expect(responses.length).toBeGreaterThanOrEqual(16);
    for (const { properties } of responses) {
      const { ResponseTemplates, ResponseParameters, StatusCode } = properties as {
        ResponseTemplates: Record<string, string>;
        ResponseParameters: Record<string, string>;
        StatusCode?: string;
      };
      const text =
        ResponseTemplates["application/json"]?.replace("$context.error.messageString", '"wording"') ?? "";
      const body = JSON.parse(text);
      expect(body).toMatchObject({ message: "wording", requestId: "$context.requestId" });
      expect(body.status).toBe(StatusCode === undefined ? undefined : Number(StatusCode));
      expect(ResponseParameters["gatewayresponse.header.Content-Type"]).toBe("'application/problem+json'");
      expect("gatewayresponse.header.Retry-After" in ResponseParameters).toBe(StatusCode === "429");
    }
  });
});
