import type { Stack, StackResource } from "../kernel/stack.ts";

/** The function that a source's records are given to. */
export interface MappedFunction {
  readonly functionArn: string;
  readonly roleArn: string;
}

/** The mappings of one kind of source, those switched off left out. */
export function mappingsOf(stack: Stack, sourcePrefix: string): StackResource[] {
  return stack
    .resources("AWS::Lambda::EventSourceMapping")
    .filter(({ properties }) => String(properties.Enabled ?? true) !== "false")
    .filter(({ properties }) => String(properties.EventSourceArn).startsWith(sourcePrefix));
}

/** Throws when the template has no such function. */
export function mappedFunction(stack: Stack, { logicalId, properties }: StackResource): MappedFunction {
  const named = String(properties.FunctionName);
  const name = named.slice(named.lastIndexOf(":") + 1);
  const fn = stack.resources("AWS::Lambda::Function").find(({ physicalId }) => physicalId === name);
  if (!fn) throw new Error(`the mapping ${logicalId} has no queue or function in the template`);
  return {
    functionArn: String(stack.resolve({ "Fn::GetAtt": [fn.logicalId, "Arn"] })),
    roleArn: String(fn.properties.Role),
  };
}

/** Throws for a property that would do nothing here. */
export function requireImitated(
  { logicalId, properties }: StackResource,
  imitated: ReadonlySet<string>,
): void {
  const strange = Object.keys(properties).find((name) => !imitated.has(name));
  if (strange) throw new Error(`the local Lambda does not imitate ${strange} of a mapping (${logicalId})`);
}
