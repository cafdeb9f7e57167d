import type { ResourceTypes } from "./resource-types.ts";

/** A compiled template, as far as references are concerned. */
export interface CompiledTemplate {
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Properties?: Readonly<Record<string, unknown>>;
        readonly DependsOn?: unknown;
      }
    >
  >;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

interface Reference {
  readonly logicalId: string;
  readonly attribute?: string;
}

/** References to what the template does not have, and resources that wait for each other. */
export function referenceFindings(template: CompiledTemplate, types: ResourceTypes): string[] {
  const owners = { ...template.Resources, ...Object.fromEntries(outputs(template)) };
  const dangling = Object.entries(owners).flatMap(([owner, value]) =>
    referencesIn(value).flatMap((reference) => explainDangling(template, types, owner, reference)),
  );
  return [...dangling, ...cycles(template)];
}

function outputs({ Outputs = {} }: CompiledTemplate): [string, unknown][] {
  return Object.entries(Outputs).map(([name, value]) => [`output ${name}`, value]);
}

function explainDangling(
  { Resources, Parameters = {} }: CompiledTemplate,
  types: ResourceTypes,
  owner: string,
  { logicalId, attribute }: Reference,
): string[] {
  if (logicalId.startsWith("AWS::") || logicalId in Parameters) return [];
  const target = Resources[logicalId];
  if (!target) return [`${owner} refers to ${logicalId}, which is not there`];
  return attribute && !types.hasAttribute(target.Type, attribute)
    ? [`${owner} asks ${logicalId} for ${attribute}, which a ${target.Type} does not have`]
    : [];
}

function referencesIn(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]): Reference[] => {
    if (key === "Ref") return [{ logicalId: String(item) }];
    if (key === "Fn::GetAtt")
      return [attributeReference(Array.isArray(item) ? item.join(".") : String(item))];
    if (key === "DependsOn") return [item].flat().map((logicalId) => ({ logicalId: String(logicalId) }));
    if (key === "Fn::Sub") return substitutions(item);
    return referencesIn(item);
  });
}

function attributeReference(text: string): Reference {
  const [logicalId = "", ...attribute] = text.split(".");
  return { logicalId, attribute: attribute.join(".") };
}

function substitutions(argument: unknown): Reference[] {
  const [text, variables = {}] = Array.isArray(argument) ? argument : [argument];
  const names = [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = ""]) => name);
  return [
    ...names
      .filter((name) => !(name in variables))
      .map((name) => (name.includes(".") ? attributeReference(name) : { logicalId: name })),
    ...referencesIn(variables),
  ];
}

function cycles({ Resources }: CompiledTemplate): string[] {
  const finished = new Set<string>();
  const visit = (logicalId: string, path: readonly string[]): string[] => {
    if (finished.has(logicalId) || !(logicalId in Resources)) return [];
    if (path.includes(logicalId))
      return [`circular: ${[...path.slice(path.indexOf(logicalId)), logicalId].join(" → ")}`];
    const found = [
      ...new Set(referencesIn(Resources[logicalId]).map((reference) => reference.logicalId)),
    ].flatMap((next) => visit(next, [...path, logicalId]));
    finished.add(logicalId);
    return found;
  };
  return Object.keys(Resources).flatMap((logicalId) => visit(logicalId, []));
}
