/**
 * What people's groups may do: `npm run policies -- <command>`. Without `--stage` it works on the local
 * stack, with it on a deployed one, under the operator's own AWS credentials.
 * Exit code 0: done; 1: failed; 2: what was typed makes no sense, or the policy may not be stored.
 */
import { PolicyStore } from "../src/aws/dynamodb/policy-store.ts";
import { GROUPS, isGroup } from "../src/domain/access/people.ts";
import { acceptPolicy, lintPolicy } from "../src/domain/access/policy-lint.ts";
import { isGroupName } from "../src/domain/access/policy-record.ts";
import { type Finding, Refusal } from "../src/domain/refusal.ts";
import { putMissingDefaults } from "./policies/default-policies.ts";
import { readPolicyFile } from "./policies/policy-file.ts";
import { operator } from "./stage/operator.ts";
import { note, print } from "./stage/print.ts";
import { isJson, openStage, runProgram, stageProgram } from "./stage/stage-program.ts";

const program = stageProgram("policies").description("What people's groups may do at the admin API");

program
  .command("list")
  .description("the groups that have a policy")
  .action(async () => {
    const { store } = await open();
    const records = await store.list();
    if (isJson(program)) return print(JSON.stringify(records));
    for (const { group, version, updatedAt, updatedBy } of records)
      await print(`${group.padEnd(20)}  version ${version}  ${updatedAt}  ${updatedBy}`);
  });

program
  .command("get")
  .description("a group's policy, to be changed and put again")
  .argument("<group>")
  .action(async (group: string) => {
    const { store } = await open();
    const record = await store.get(groupOf(group));
    await print(isJson(program) ? JSON.stringify(record) : JSON.stringify(record.document, undefined, 2));
  });

program
  .command("put")
  .description("make a file the policy of a group, in place of what it has")
  .argument("<group>")
  .argument("<file>")
  .action(async (name: string, file: string) => {
    const group = groupOf(name);
    const document = readPolicyFile(file);
    const { store, stageArn } = await open();
    const { actor } = await operator();
    const before = await store.find(group);
    const expected = before && [before.version];
    const record = await store.put(group, acceptPolicy(document, stageArn), { actor, expected });
    if (isJson(program)) return print(JSON.stringify(record));
    note(`"${group}" has version ${record.version}; it holds within a minute.`);
    if (!isGroup(group))
      note(
        `It is none of ${GROUPS.join(", ")}, so it is for people in a group of your own, made in Cognito.`,
      );
  });

program
  .command("lint")
  .description("say what is wrong with a file, if anything, and store nothing")
  .argument("<file>")
  .action(async (file: string) => {
    const document = readPolicyFile(file);
    const findings = lintPolicy(document, (await open()).stageArn);
    if (isJson(program)) await print(JSON.stringify(findings));
    if (findings.length > 0) throw new Refusal("invalid", "The policy may not be stored.", findings);
    note("The policy may be stored.");
  });

program
  .command("defaults")
  .description("put the default policies of admin, editors and viewers, where they have none")
  .action(async () => {
    const { store, stageArn } = await open();
    const { actor } = await operator();
    const put = await putMissingDefaults(store, { stageArn, actor });
    if (isJson(program)) return print(JSON.stringify(put));
    note(put.length > 0 ? `Put: ${put.join(", ")}.` : "All have one; nothing was changed.");
  });

async function open() {
  const settings = await openStage(program);
  return { store: new PolicyStore(settings.controlTable), stageArn: settings.apiStageArn };
}

function groupOf(text: string): string {
  if (isGroupName(text)) return text;
  throw new Refusal("invalid", `"${text}" is no group's name: 1 to 128 letters, digits and . @ + = _ -`);
}

function explainFinding({ pointer, detail }: Finding): void {
  note(`  ${pointer} ${detail}`);
}

await runProgram(program, ({ findings }) => findings.forEach(explainFinding));
