/**
 * Derives from every `schemas/*.json` and `schemas/events/*.json` what the code needs of it, into `src/generated/`:
 * a validator compiled ahead (Ajv standalone, so that nothing is compiled at run time) and its type. For events
 * also the table of all validators; that of those who read, which take away what the schema does not know; and
 * `EventData`, the type of each event's data.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import standaloneCode from "ajv/dist/standalone/index.js";
import Ajv from "ajv-draft-04";
import { build } from "esbuild";
import { compile as compileTypes } from "json-schema-to-typescript";

const root = join(import.meta.dirname, "..");
const source = join(root, "schemas");
const target = join(root, "src", "generated");

/** `new-flight` → `newFlight`, `tenant.plan_changed` → `tenantPlanChanged`. */
const camelCase = (name: string) =>
  name.replace(/[-._](.)/g, (_match, letter: string) => letter.toUpperCase());

/** The validator as one self-contained ES module: Ajv's own helpers are bundled into it. */
async function compileValidator(
  name: string,
  schema: object,
  options: { readonly removeAdditional?: boolean } = {},
): Promise<string> {
  // API Gateway's models are draft-04, so the function judges by the same dialect.
  const ajv = new Ajv.default({
    ...options,
    allErrors: true,
    code: { source: true, esm: true, lines: true },
  });
  ajv.addSchema(schema, name);
  const code = standaloneCode.default(ajv, { [camelCase(name)]: name });
  const bundled = await build({
    stdin: { contents: code, resolveDir: root, sourcefile: `${name}.js` },
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["main"],
    write: false,
  });
  return bundled.outputFiles[0]?.text ?? "";
}

interface Schema {
  readonly title: string;
}

async function declareTypes(name: string, schema: Schema, home: string): Promise<string> {
  const types = await compileTypes(structuredClone(schema), name, {
    bannerComment: "",
    additionalProperties: false,
  });
  return `import type { Validator } from "${home}/validator.d.ts";\n\n${types}\nexport declare const ${camelCase(name)}: Validator<${schema.title}>;\n`;
}

const VALIDATOR_TYPE = `/** One finding of a validator: where (JSON pointer) and what. */
export interface ValidationFinding {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A validator compiled from schemas/; after a false answer it holds what it found. */
export interface Validator<T> {
  (value: unknown): value is T;
  readonly errors?: readonly ValidationFinding[] | null;
}
`;

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
writeFileSync(join(target, "validator.d.ts"), VALIDATOR_TYPE);

/** The schemas in a folder by their names, each with what is derived of it written to the other folder. */
async function generate(from: string, to: string, home: string): Promise<Map<string, Schema>> {
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from)
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"));
  const schemas = await Promise.all(
    names.map(async (name): Promise<[string, Schema]> => {
      const schema = JSON.parse(readFileSync(join(from, `${name}.json`), "utf8"));
      writeFileSync(join(to, `${name}.js`), await compileValidator(name, schema));
      writeFileSync(join(to, `${name}.d.ts`), await declareTypes(name, schema, home));
      return [name, schema];
    }),
  );
  return new Map(schemas);
}

await generate(source, target, ".");
const events = await generate(join(source, "events"), join(target, "events"), "..");

/** One object of all events' validators, which lie in a folder beside it. */
function writeTable(file: string, folder: string, table: string): void {
  const imports = [...events].map(([name]) => `import { ${camelCase(name)} } from "${folder}/${name}.js";`);
  const entries = [...events].map(([name]) => `  "${name}": ${camelCase(name)},`);
  const lines = [...imports, "", `export const ${table} = {`, ...entries, "};", ""];
  writeFileSync(join(target, "events", file), lines.join("\n"));
}

mkdirSync(join(target, "events", "reading"));
for (const [name, schema] of events) {
  const validator = await compileValidator(name, schema, { removeAdditional: true });
  writeFileSync(join(target, "events", "reading", `${name}.js`), validator);
}
writeTable("event-data.js", ".", "eventData");
writeTable("readable-event-data.js", "./reading", "readableEventData");
const typeImports = [...events].map(([name, { title }]) => `import type { ${title} } from "./${name}.d.ts";`);
const members = [...events].map(([name, { title }]) => `  readonly "${name}": ${title};`);
writeFileSync(
  join(target, "events", "event-data.d.ts"),
  [
    'import type { Validator } from "../validator.d.ts";',
    ...typeImports,
    "",
    "/** What events carry, by their types. */",
    "export interface EventData {",
    ...members,
    "}",
    "",
    "/** Validators of what events carry. */",
    "export declare const eventData: { readonly [Type in keyof EventData]: Validator<EventData[Type]> };",
    "",
  ].join("\n"),
);
writeFileSync(
  join(target, "events", "readable-event-data.d.ts"),
  [
    'import type { Validator } from "../validator.d.ts";',
    'import type { EventData } from "./event-data.d.ts";',
    "",
    "/** Validators for whoever reads events: from what they are given they take away all members that are not in the schema. */",
    "export declare const readableEventData: { readonly [Type in keyof EventData]: Validator<EventData[Type]> };",
    "",
  ].join("\n"),
);
