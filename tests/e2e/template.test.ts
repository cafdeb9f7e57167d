import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { compileWebAcl } from "../../scripts/local-aws/waf/compile-web-acl.ts";
import { qualified, SCOPES } from "../../src/domain/access/scope.ts";
import { PLAN_CLAIM, TENANT_CLAIM } from "../../src/domain/access/token-claims.ts";
import { readRateLimits } from "../../src/domain/tenancy/rate-limit.ts";
import type { Validator } from "../../src/generated/validator.d.ts";
import type { HookContract } from "../../src/http/hook-endpoint.ts";
import type { PublicContract } from "../../src/http/public-endpoint.ts";
import type { EndpointContract } from "../../src/http/tenant-endpoint.ts";
import {
  compiledStack,
  httpApiRoutes,
  PUBLIC_ROUTES,
  type RestRoute,
  restRoutes,
  routesUnder,
  tenantRoutes,
  tenantRoutesWithFunction,
} from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");

let stack: Stack;
let routes: RestRoute[];

beforeAll(() => {
  stack = compiledStack();
  routes = tenantRoutes(stack);
});

/** The properties of the only resource of that type. */
function propertiesOf<Properties>(type: string): Properties {
  const [only, ...others] = stack.resources(type);
  if (!only || others.length > 0) throw new Error(`the template should have one ${type}`);
  return only.properties as Properties;
}

/** What the function behind a route demands by itself; one for several routes has an endpoint for each. */
async function contractOf<Contract = EndpointContract>(
  route: { function: string } & Partial<Pick<RestRoute, "method" | "path">>,
): Promise<Contract> {
  const [path = "", name = ""] = String(stack.resource(route.function).properties.Handler).split(
    /\.(?=\w+$)/,
  );
  interface Endpoint {
    readonly contract?: Contract;
    readonly endpoints?: Readonly<Record<string, Endpoint>>;
  }
  const module: Record<string, Endpoint> = await import(pathToFileURL(join(ROOT, `${path}.ts`)).href);
  const handler = module[name]?.endpoints?.[`${route.method} ${route.path}`] ?? module[name];
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
  const known = (["v1", "users", "admin", "internal"] as const).flatMap((part) => routesUnder(part, stack));
  expect(known.map(({ path }) => path).sort()).toEqual(
    restRoutes(stack)
      .map(({ path }) => path)
      .sort(),
  );
});

describe("names", () => {
  it("no two authorizers of the API share one, which API Gateway would refuse", () => {
    const names = stack.resources("AWS::ApiGateway::Authorizer").map(({ properties }) => properties.Name);
    expect(names.length).toBeGreaterThan(2);
    expect(new Set(names).size).toBe(names.length);
  });

  it("no statement of a bus policy has an id that another stage of the account would have, too", () => {
    const ids = stack
      .resources("AWS::Events::EventBusPolicy")
      .map(({ properties }) => String(properties.StatementId));
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.filter((id) => !id.startsWith("gatehouse-dev-"))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("no event rule delivers to a log group by the ARN that ends with an asterisk, which EventBridge drops", () => {
    const arns = stack
      .resources("AWS::Events::Rule")
      .flatMap(({ properties }) => properties.Targets as { Arn: string }[])
      .map(({ Arn }) => Arn);
    expect(arns.length).toBeGreaterThan(0);
    expect(arns.filter((arn) => arn.endsWith(":*"))).toEqual([]);
  });
});

describe("a method that asks for no token", () => {
  it("is written down, in the tests and at its function, and has neither authorizer nor key requirement", async () => {
    const open = routesUnder("v1", stack).filter(({ properties }) => properties.AuthorizationType === "NONE");
    expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual(Object.keys(PUBLIC_ROUTES));
    for (const route of open) {
      const { scopes, httpApi } = await contractOf<HookContract>(route);
      expect([scopes, httpApi, route.authorizer]).toEqual(["public", false, undefined]);
      expect(route.properties.ApiKeyRequired ?? false).toBe(false);
    }
  });

  it("has a throttle of its own, below the stage's, since no usage plan holds it", () => {
    const { MethodSettings } = propertiesOf<{
      MethodSettings: { ResourcePath: string; HttpMethod: string; ThrottlingRateLimit: number }[];
    }>("AWS::ApiGateway::Stage");
    const rateOf = (path: string, method: string) =>
      MethodSettings.find(({ ResourcePath, HttpMethod }) => ResourcePath === path && HttpMethod === method)
        ?.ThrottlingRateLimit;
    for (const route of Object.keys(PUBLIC_ROUTES)) {
      const [method = "", path = ""] = route.split(" ");
      expect(rateOf(`/${path.replaceAll("/", "~1")}`, method)).toBeLessThan(rateOf("/*", "*") ?? 0);
    }
  });
});

describe("every method of the tenant API", () => {
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
    for (const route of tenantRoutesWithFunction(stack)) {
      const { scopes } = await contractOf(route);
      expect([route.function, route.properties.AuthorizationScopes]).toEqual([
        route.function,
        scopes.map(qualified),
      ]);
    }
  });

  it("that takes a body has a model, validated, and it is the schema of the function's validator", async () => {
    for (const route of tenantRoutesWithFunction(stack)) {
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

  it("with a body takes one: every POST, PUT and PATCH, but for what only sets something off", async () => {
    for (const { method, path, model } of routes)
      expect([method, path, model !== undefined]).toEqual([
        method,
        path,
        ["POST", "PUT", "PATCH"].includes(method) && !path.endsWith("/redeliver"),
      ]);
  });
});

describe("every route of the HTTP API", () => {
  it("has the JWT authorizer and the scopes that its function enforces, or is written down as public", async () => {
    const found = httpApiRoutes(stack);
    expect(found.map(({ routeKey }) => routeKey).sort()).toEqual([
      "GET /v1/flights",
      "GET /v1/flights/{flightId}",
      "GET /v1/status",
    ]);
    for (const route of found) {
      const { scopes, httpApi } = await contractOf<EndpointContract | PublicContract>(route);
      const demanded =
        scopes === "public"
          ? { authorizer: undefined, scopes: [] }
          : { authorizer: "HttpApiAuthorizerTenantMachines", scopes: scopes.map(qualified) };
      expect({ ...route, ...demanded }).toEqual(route);
      expect([route.routeKey, scopes === "public" || httpApi]).toEqual([route.routeKey, true]);
    }
  });

  it("is the only way by which a function lets itself be called without a key", async () => {
    const reached = new Set(httpApiRoutes(stack).map((route) => route.function));
    for (const route of tenantRoutesWithFunction(stack))
      expect([route.function, (await contractOf(route)).httpApi]).toEqual([
        route.function,
        reached.has(route.function),
      ]);
  });

  it("is logged with the same members as a route of the REST API", () => {
    const rest = propertiesOf<{ AccessLogSetting: { Format: string } }>("AWS::ApiGateway::Stage");
    const http = propertiesOf<{ AccessLogSettings: { Format: string } }>("AWS::ApiGatewayV2::Stage");
    const members = Object.keys(JSON.parse(http.AccessLogSettings.Format));
    expect(members).toEqual(Object.keys(JSON.parse(rest.AccessLogSetting.Format)));
  });

  it("holds a tenant to the numbers of its usage plan", () => {
    const { Environment } = stack.resource("ListFlightsLambdaFunction").properties as {
      Environment: { Variables: Record<string, string> };
    };
    const limits = readRateLimits(Environment.Variables.HTTP_API_LIMITS ?? "");
    for (const [plan, logicalId] of [
      ["trial", "TrialPlan"],
      ["standard", "StandardPlan"],
      ["premium", "PremiumPlan"],
    ] as const) {
      const { Throttle } = stack.resource(logicalId).properties as {
        Throttle: { RateLimit: number; BurstLimit: number };
      };
      expect(limits.get(plan)).toEqual({ rate: Throttle.RateLimit, burst: Throttle.BurstLimit });
    }
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
    expect(tables).toHaveLength(3);
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

describe("the web ACL", () => {
  it("is in front of the stage, and its rates leave room for the dearest plan from one address", () => {
    const { Rules } = propertiesOf<{
      Rules: { Name: string; Statement: Record<string, { Limit: number }> }[];
    }>("AWS::WAFv2::WebACL");
    const rates = Rules.flatMap(({ Statement }) => Statement.RateBasedStatement?.Limit ?? []);
    expect(rates).toHaveLength(2);
    const dearest = Math.max(
      ...stack
        .resources("AWS::ApiGateway::UsagePlan")
        .map(({ properties }) => (properties as { Throttle: { RateLimit: number } }).Throttle.RateLimit),
    );
    for (const rate of rates) expect(rate).toBeGreaterThan(dearest * 300);
  });

  it("has no rule that is not imitated without being named in the documentation", () => {
    const documented = readFileSync(join(ROOT, "docs", "behaviours", "waf.md"), "utf8");
    const { notImitated = [] } = compileWebAcl(stack) ?? {};
    expect(notImitated.length).toBeGreaterThan(0);
    for (const rule of notImitated) {
      const [name, statement] = rule.split(/[ ()]+/);
      expect(documented).toContain(`\`${name}\``);
      expect(documented).toContain(`\`${statement}\``);
    }
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

describe("what CloudFormation would take and a service refuse or lose", () => {
  it("is not there: no rule has an empty list of overrides", () => {
    const acl = stack.resources("AWS::WAFv2::WebACL").map(({ properties }) => JSON.stringify(properties));
    expect(acl).toHaveLength(1);
    expect(acl[0]).toContain("RuleActionOverrides");
    expect(acl[0]).not.toContain('"RuleActionOverrides":[]');
  });

  it("is not there: statements of one bus are put one after the other", () => {
    const onMessageBus = Object.entries(stack.template.Resources).filter(
      ([, { Type, Properties }]) =>
        Type === "AWS::Events::EventBusPolicy" && JSON.stringify(Properties).includes('{"Ref":"MessageBus"}'),
    );
    const before = onMessageBus.map(
      ([, resource]) => [JSON.parse(JSON.stringify(resource)).DependsOn ?? []].flat()[0],
    );
    expect(onMessageBus.length).toBeGreaterThan(1);
    const chain = [undefined, ...onMessageBus.map(([logicalId]) => logicalId).slice(0, -1)];
    expect(before).toEqual(chain);
  });

  it("is not there: in a transaction of many items each action has all its kinds of keys in one statement", () => {
    const roles = stack.resources("AWS::IAM::Role");
    for (const { logicalId, properties } of roles) {
      const policies = JSON.parse(JSON.stringify(properties.Policies ?? []));
      const statements: { Action: string[]; Resource: unknown; Condition?: object }[] = policies.flatMap(
        ({ PolicyDocument }: { PolicyDocument: { Statement: unknown } }) => PolicyDocument.Statement,
      );
      const writes = statements
        .filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes("dynamodb:LeadingKeys"))
        .flatMap(({ Action, Resource }) =>
          [Action].flat().map((action) => JSON.stringify([action, Resource])),
        );
      if (logicalId.endsWith("TenantRole")) continue;
      expect([logicalId, writes.length]).toEqual([logicalId, new Set(writes).size]);
    }
  });
});

describe("the service's description", () => {
  const description = readFileSync(join(ROOT, "serverless.yml"), "utf8");

  it("has the derived code made before it is bundled: a fresh clone can be packaged", () => {
    const bundling = description.indexOf("- ./scripts/bundling.ts");
    expect(bundling).toBeGreaterThan(0);
    expect(description.indexOf("- serverless-esbuild")).toBeGreaterThan(bundling);
  });

  it("has bundles of a stage made elsewhere than those that a running stack loads from", () => {
    const [, folder] = /^ {4}bundleFolder: (\S+)$/m.exec(description) ?? [];
    const started = readFileSync(join(ROOT, "scripts", "start", "stack-process.ts"), "utf8");
    const [, local] = /"bundleFolder=([^"]+)"/.exec(started) ?? [];
    expect([folder, local]).toEqual([".esbuild-package", ".esbuild"]);
  });
});
