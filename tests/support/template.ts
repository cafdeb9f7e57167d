import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Stack, type StackResource, type Template } from "../../scripts/local-aws/kernel/stack.ts";
import { demoPlace } from "./demo-stack.ts";

/** The template that the tests' stack was deployed from. */
export function compiledStack(): Stack {
  const template: Template = JSON.parse(readFileSync(join(demoPlace().home, "template.json"), "utf8"));
  return new Stack(template, { region: "us-east-1", name: "gatehouse-dev" });
}

/** A method of the REST API with what the template demands of its callers. */
export interface RestRoute {
  readonly method: string;
  readonly path: string;
  readonly properties: StackResource["properties"];
  /** Logical ids of what the method refers to. */
  readonly authorizer: string | undefined;
  readonly model: string | undefined;
  readonly function: string;
}

export function restRoutes(stack = compiledStack()): RestRoute[] {
  return stack
    .resources("AWS::ApiGateway::Method")
    .filter(({ properties }) => properties.HttpMethod !== "OPTIONS")
    .map(({ logicalId, properties }) => {
      const raw = stack.template.Resources[logicalId]?.Properties ?? {};
      const models = raw.RequestModels as Record<string, unknown> | undefined;
      return {
        method: String(properties.HttpMethod),
        path: pathOf(stack, raw.ResourceId),
        properties,
        authorizer: Stack.logicalIdOf(raw.AuthorizerId),
        model: Stack.logicalIdOf(models?.["application/json"]),
        function: functionOf(raw.Integration),
      };
    });
}

/** The routes of one of the APIs, by the first part of their path. */
export function routesUnder(part: "v1" | "users" | "admin", stack = compiledStack()): RestRoute[] {
  return restRoutes(stack).filter(({ path }) => path === `/${part}` || path.startsWith(`/${part}/`));
}

function pathOf(stack: Stack, resource: unknown): string {
  const logicalId = Stack.logicalIdOf(resource) ?? "";
  const { Type, Properties = {} } = stack.template.Resources[logicalId] ?? {};
  return Type === "AWS::ApiGateway::Resource"
    ? `${pathOf(stack, Properties.ParentId)}/${Properties.PathPart}`
    : "";
}

/** Logical id of the function that a proxy integration calls. */
function functionOf(integration: unknown): string {
  const [, logicalId = ""] = /"Fn::GetAtt":\["(\w+LambdaFunction)"/.exec(JSON.stringify(integration)) ?? [];
  return logicalId;
}
