/**
 * `npm run package -- --stage <stages…>`: compiles stages as they would be deployed, into
 * `.gatehouse/package/<stage>`, and holds their templates against CloudFormation's own resource types. Exits with 1
 * on any finding. The functions are the same in every stage, so they are bundled for the first one only.
 */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { checkTemplate } from "./template/check-template.ts";
import { ResourceTypes } from "./template/resource-types.ts";

const root = join(import.meta.dirname, "..");

const { stage: stages } = new Command("package")
  .description("compile stages and check their CloudFormation templates")
  .option("--stage <stages...>", "the stages to compile", ["dev"])
  .parse()
  .opts<{ stage: string[] }>();

const folderOf = (stage: string) => join(".gatehouse", "package", stage);

/** @param bundledFor a stage that is packaged already */
function packageStage(stage: string, bundledFor: string | undefined): void {
  const folder = folderOf(stage);
  rmSync(join(root, folder), { recursive: true, force: true });
  if (bundledFor)
    cpSync(join(root, folderOf(bundledFor)), join(root, folder), {
      recursive: true,
      filter: (path) => !path.endsWith(".json"),
    });
  const args = ["serverless", "package", "--stage", stage, "--package", folder];
  const reuse = bundledFor ? ["--param", "skipBuild=true"] : [];
  const { status } = spawnSync("npx", [...args, ...reuse], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const types = await ResourceTypes.load();
let bundledFor: string | undefined;
for (const stage of new Set(stages)) {
  packageStage(stage, bundledFor);
  bundledFor = stage;
  const template = JSON.parse(
    readFileSync(join(root, folderOf(stage), "cloudformation-template-update-stack.json"), "utf8"),
  );
  const findings = checkTemplate(template, types);
  for (const finding of findings) console.error(`  ${finding}`);
  console.log(`${stage}: ${Object.keys(template.Resources).length} resources, ${findings.length} findings`);
  if (findings.length > 0) process.exitCode = 1;
}
