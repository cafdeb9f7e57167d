import { localSettings } from "./local-settings.ts";
import { type CompiledTemplate, referenceFindings } from "./references.ts";
import type { ResourceTypes } from "./resource-types.ts";
import { limitFindings } from "./template-limits.ts";

/**
 * Everything in a compiled template that CloudFormation would refuse, as far as its own resource types tell, and
 * what is never to be deployed.
 */
export function checkTemplate(template: CompiledTemplate, types: ResourceTypes): string[] {
  const properties = Object.entries(template.Resources).flatMap(([logicalId, { Type, Properties = {} }]) =>
    types
      .findings(Type, Properties)
      .map((finding) => `${logicalId}${finding.startsWith("/") ? "" : ": "}${finding}`),
  );
  return [
    ...properties,
    ...referenceFindings(template, types),
    ...localSettings(template),
    ...limitFindings(template),
  ];
}
