import type { Template } from "../kernel/stack.ts";
import type { Serverless } from "./framework.ts";

/** The steps of `serverless package` that make the template; those that bundle and zip are left out. */
const STEPS = [
  "package:initialize",
  "package:setupProviderConfiguration",
  "package:compileFunctions",
  "package:compileEvents",
  "aws:package:finalize:addExportNameForOutputs",
  "aws:package:finalize:mergeCustomProviderResources",
  "aws:package:finalize:stripNullPropsFromTemplateResources",
];

/**
 * The CloudFormation template that `serverless deploy` would send, other plugins' changes included.
 * Compiled in this process: it takes some 20 ms, a child `serverless package` takes over a second.
 */
export async function compileTemplate(serverless: Serverless): Promise<Template> {
  const { provider } = serverless.service;
  // A version's logical id is made from its bundle, and there is none.
  provider.versionFunctions = false;
  for (const step of STEPS)
    for (const name of [`before:${step}`, step, `after:${step}`])
      for (const { hook } of serverless.pluginManager.hooks[name] ?? []) await hook();
  const template = provider.compiledCloudFormationTemplate;
  // A copy, because the framework goes on with its own.
  return structuredClone(template) as Template;
}
