import type { CompiledTemplate } from "./references.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MOST_RESOURCES = 500;
const LARGEST_BODY_BYTES = 1_000_000;

/** What CloudFormation refuses a template for that is right in all its parts, but too large. */
export function limitFindings(template: CompiledTemplate): string[] {
  const resources = Object.keys(template.Resources).length;
  // As the framework uploads it.
  const bytes = Buffer.byteLength(JSON.stringify(template));
  return [
    ...(resources > MOST_RESOURCES ? [`${resources} resources: a template may have ${MOST_RESOURCES}`] : []),
    ...(bytes > LARGEST_BODY_BYTES ? [`${bytes} bytes: a template may have ${LARGEST_BODY_BYTES}`] : []),
  ];
}
