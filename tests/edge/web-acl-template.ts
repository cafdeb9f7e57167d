import { createRequire } from "node:module";
import type { TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";

type Resources = Record<string, TemplateResource>;
type Module = (context: {
  resolveVariable: (name: string) => Promise<unknown>;
}) => Promise<{ Resources: Resources }>;

const PARAMETERS = {
  webAcl: "on",
  logRetentionDays: 14,
  requestsPerAddress: 1000,
  requestsPerKey: 1000,
  largestBody: 16_384,
  deniedAddresses: [],
  deniedCountries: [],
  deniedUserAgents: [],
};

/** `resources/waf.cjs` for a stage with these parameters, around the API of the edge's tests. */
export async function webAclTemplate(parameters: Partial<Record<keyof typeof PARAMETERS, unknown>> = {}) {
  const compile: Module = createRequire(import.meta.url)("../../resources/waf.cjs");
  const values = new Map<string, unknown>([
    ["sls:stage", "dev"],
    ...Object.entries({ ...PARAMETERS, ...parameters }).map(
      ([name, value]) => [`param:${name}`, value] as const,
    ),
  ]);
  const { Resources } = await compile({ resolveVariable: async (name) => values.get(name) });
  const text = JSON.stringify(Resources)
    .replaceAll("ApiGatewayRestApi", "Api")
    .replaceAll("ApiStage", "Stage");
  const resources: Resources = JSON.parse(text);
  return resources;
}

/** The same with a rule of the test's own before all others. */
export async function withRule(rule: Record<string, unknown>): Promise<Resources> {
  const resources = await webAclTemplate({ deniedUserAgents: ["sqlmap"] });
  const { WebAcl } = resources;
  if (!WebAcl) throw new Error("no web ACL");
  const others = WebAcl.Properties?.Rules;
  const own = { Name: "own", Priority: -1, Action: { Block: {} }, ...rule };
  const Rules = [...(Array.isArray(others) ? others : []), own];
  return { ...resources, WebAcl: { ...WebAcl, Properties: { ...WebAcl.Properties, Rules } } };
}
