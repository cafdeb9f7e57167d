/**
 * The provider's people: `npm run users -- <command>`. Without `--stage` it works on the local stack, with
 * it on a deployed one, under the operator's own AWS credentials; so it also makes a stage's first admin.
 * Exit code 0: done; 1: refused or failed; 2: what was typed makes no sense.
 */
import { CognitoPeople } from "../src/aws/cognito/people.ts";
import { PeopleOperations, peopleWorld } from "../src/aws/people-operations.ts";
import { GROUPS, groupOf, usernameOf } from "../src/domain/access/people.ts";
import { operator } from "./stage/operator.ts";
import { isJson, openStage, runProgram, stageProgram } from "./stage/stage-program.ts";
import { addToGroup, create, list, removeFromGroup, type Session, setPassword } from "./users/commands.ts";
import { newPasswordFor } from "./users/read-password.ts";

const GROUP_NAMES = GROUPS.join(", ");

const program = stageProgram("users").description("The provider's people and their groups");

program
  .command("create")
  .description("add a person, with a temporary password that is shown once")
  .argument("<username>")
  .option("--email <email>", "the person's e-mail address")
  .option("--group <groups...>", GROUP_NAMES)
  .action(async (name: string, { email, group = [] }: { email?: string; group?: string[] }) => {
    const person = { username: usernameOf(name), email, groups: group.map(groupOf) };
    await create(await open(), person);
  });

program
  .command("list")
  .description("everybody, with their groups")
  .action(async () => list(await open()));

program
  .command("set-password")
  .description("give a person a new password: asked for, or the first line of standard input")
  .argument("<username>")
  .option("--generate", "make one and show it once")
  .option("--temporary", "to be changed at the next sign-in")
  .action(async (name: string, options: { generate?: boolean; temporary?: boolean }) => {
    const username = usernameOf(name);
    const session = await open();
    await setPassword(session, username, await newPasswordFor(username, options), options);
  });

program
  .command("add-to-group")
  .description("put a person into a group; their next token carries it")
  .argument("<username>")
  .argument("<group>", GROUP_NAMES)
  .action(async (name: string, group: string) => {
    const [username, wanted] = [usernameOf(name), groupOf(group)];
    await addToGroup(await open(), username, wanted);
  });

program
  .command("remove-from-group")
  .description("take a person out of a group; never the last admin")
  .argument("<username>")
  .argument("<group>", GROUP_NAMES)
  .action(async (name: string, group: string) => {
    const [username, wanted] = [usernameOf(name), groupOf(group)];
    await removeFromGroup(await open(), username, wanted);
  });

async function open(): Promise<Session> {
  const { userPoolId, controlTable } = await openStage(program);
  const people = new CognitoPeople(userPoolId);
  const { actor, clock } = await operator();
  const operations = new PeopleOperations(peopleWorld(people, controlTable), actor, clock);
  return { people, operations, json: isJson(program) };
}

await runProgram(program);
