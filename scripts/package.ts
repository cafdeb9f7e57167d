/**
 * `npm run package -- --stage <stage>`: compiles a stage as it would be deployed, into `.gatehouse/package/<stage>`,
 * and holds its template against CloudFormation's own resource types. Exits with 1 on any finding.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { checkTemplate } from "./template/check-template.ts";
import { ResourceTypes } from "./template/resource-types.ts";

const root = join(import.meta.dirname, "..");

const { stage } = new Command("package")
  .description("compile a stage and check its CloudFormation template")
  .option("--stage <stage>", "the stage to compile", "dev")
  .parse()
  .opts<{ stage: string }>();

const folder = join(".gatehouse", "package", stage);
const compiled = spawnSync("npx", ["serverless", "package", "--stage", stage, "--package", folder], {
  cwd: root,
  stdio: "inherit",
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const template = JSON.parse(
  readFileSync(join(root, folder, "cloudformation-template-update-stack.json"), "utf8"),
);
const findings = checkTemplate(template, await ResourceTypes.load());
for (const finding of findings) console.error(`  ${finding}`);
console.log(`${stage}: ${Object.keys(template.Resources).length} resources, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
