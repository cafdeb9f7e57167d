import { loadAwsServiceSpec } from "@aws-cdk/aws-service-spec";
import type { PropertyType, ResourceProperties } from "@aws-cdk/service-spec-types";

type Database = Awaited<ReturnType<typeof loadAwsServiceSpec>>;
type Properties = ResourceProperties;

/** CloudFormation's own resource types, as AWS publishes them, to hold a template against. */
export class ResourceTypes {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async load(): Promise<ResourceTypes> {
    return new ResourceTypes(await loadAwsServiceSpec());
  }

  /** Whether `Fn::GetAtt` knows the attribute; true for types that the spec does not have. */
  hasAttribute(type: string, attribute: string): boolean {
    const [resource] = this.#database.lookup("resource", "cloudFormationType", "equals", type);
    return resource === undefined || attribute in resource.attributes;
  }

  /** What is wrong with a resource's properties. */
  findings(type: string, properties: Readonly<Record<string, unknown>>): string[] {
    const [resource] = this.#database.lookup("resource", "cloudFormationType", "equals", type);
    return resource ? this.#compare(properties, resource.properties, "") : [`unknown resource type ${type}`];
  }

  #compare(values: Readonly<Record<string, unknown>>, properties: Properties, path: string): string[] {
    const missing = Object.entries(properties)
      .filter(([name, { required }]) => required && !(name in values))
      .map(([name]) => `${path}/${name} is required`);
    const wrong = Object.entries(values).flatMap(([name, value]) => {
      const property = properties[name];
      if (!property) return [`${path}/${name} is unknown`];
      const attempts = [property.type, ...(property.previousTypes ?? [])].map((type) =>
        this.#match(value, type, `${path}/${name}`),
      );
      return attempts.some((findings) => findings.length === 0) ? [] : (attempts[0] ?? []);
    });
    return [...missing, ...wrong];
  }

  #match(value: unknown, type: PropertyType, path: string): string[] {
    if (isIntrinsic(value)) return [];
    switch (type.type) {
      case "string":
      case "date-time":
        return matchText(value, "allowedValues" in type ? type.allowedValues : undefined, path);
      case "number":
      case "integer":
        return typeof value !== "object" && Number.isFinite(Number(value))
          ? []
          : [`${path} must be a number`];
      case "boolean":
        return [true, false, "true", "false"].some((allowed) => allowed === value)
          ? []
          : [`${path} must be a boolean`];
      case "array":
        return Array.isArray(value)
          ? value.flatMap((item, index) => this.#match(item, type.element, `${path}/${index}`))
          : [`${path} must be a list`];
      case "map":
        return isObject(value)
          ? Object.entries(value).flatMap(([key, item]) => this.#match(item, type.element, `${path}/${key}`))
          : [`${path} must be a map`];
      case "ref": {
        const definition = this.#database.get("typeDefinition", type.reference.$ref);
        return isObject(value)
          ? this.#compare(value, definition.properties, path)
          : [`${path} must be an object ${definition.name}`];
      }
      case "union": {
        const attempts = type.types.map((member) => this.#match(value, member, path));
        return attempts.some((findings) => findings.length === 0) ? [] : (attempts[0] ?? []);
      }
      default:
        return [];
    }
  }
}

function matchText(value: unknown, allowed: readonly string[] | undefined, path: string): string[] {
  if (typeof value === "object") return [`${path} must be a string`];
  return allowed === undefined || allowed.includes(String(value))
    ? []
    : [`${path} is ${JSON.stringify(value)}, none of ${allowed.join(", ")}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isIntrinsic(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && name !== undefined && /^(Ref|Condition|Fn::.+)$/.test(name);
}
