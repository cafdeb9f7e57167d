import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const generator = join(root, "scripts", "generate.ts");
const schemas = join(root, "schemas");
const target = join(root, "src", "generated");

/** Derives `src/generated/` from the schemas if it is missing or older than they are. True when it did. */
export function ensureGeneratedCode(): boolean {
  if (isUpToDate()) return false;
  const { status, stderr } = spawnSync(process.execPath, [generator], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`src/generated could not be made: ${stderr.trim().split("\n")[0]}`);
  return true;
}

function isUpToDate(): boolean {
  const folders = [".", "events"];
  const names = folders.flatMap((folder) =>
    readdirSync(join(schemas, folder))
      .filter((file) => file.endsWith(".json"))
      .map((file) => join(folder, basename(file, ".json"))),
  );
  const sources = [
    generator,
    ...folders.map((folder) => join(schemas, folder)),
    ...names.map((name) => join(schemas, `${name}.json`)),
  ];
  const outputs = names.flatMap((name) => [join(target, `${name}.js`), join(target, `${name}.d.ts`)]);
  if (!outputs.every((file) => existsSync(file))) return false;
  const age = (file: string) => statSync(file).mtimeMs;
  return Math.max(...sources.map(age)) <= Math.min(...outputs.map(age));
}
