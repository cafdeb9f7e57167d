import { Compile, parse } from "velocityjs";
import { javaStrings } from "./java-strings.ts";
import { util } from "./util.ts";

/** What a template may say beside its text: `$context.responseOverride`. */
interface ResponseOverride {
  readonly status: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
}

/** What a template speaks of, `$util` aside. */
export interface TemplateVariables {
  readonly input: object;
  readonly context: Readonly<Record<string, unknown>>;
  readonly stageVariables: Readonly<Record<string, string>>;
}

/** A mapping template in the Velocity Template Language, read once and filled in for each call. */
export type MappingTemplate = (variables: TemplateVariables) => {
  readonly text: string;
  readonly override: ResponseOverride;
};

/** Throws for a text that is no template. */
export function compileMappingTemplate(text: string): MappingTemplate {
  const nodes = parse(text);
  return ({ input, context, stageVariables }) => {
    const responseOverride = { header: {} };
    const template = new Compile(nodes, { customMethodHandlers: [javaStrings] });
    const filled = template.render({
      input,
      context: { ...context, responseOverride },
      stageVariables,
      util,
    });
    return { text: filled, override: overrideOf(responseOverride) };
  };
}

function overrideOf({
  status,
  header,
}: {
  readonly status?: unknown;
  readonly header: object;
}): ResponseOverride {
  const headers = Object.entries(header).map(([name, value]): [string, string] => [name, String(value)]);
  return { status: status === undefined ? undefined : Number(status), headers: new Map(headers) };
}
