/**
 * The provider's people: `npm run users -- <command>`. Without `--stage` it works on the local stack, with
 * it on a deployed one, under the operator's own AWS credentials; so it also makes a stage's first admin.
 * Exit code 0: done; 1: refused or failed; 2: what was typed makes no sense.
 */
import { Command, CommanderError } from "commander";
import { CognitoPeople } from "../src/aws/cognito/people.ts";
import { GROUPS, groupOf, usernameOf } from "../src/domain/access/people.ts";
import { Refusal } from "../src/domain/refusal.ts";
import { explainError } from "./stage/explain-error.ts";
import { LOCAL_STAGE, localAwsEndpoint, useLocalAws } from "./stage/local-environment.ts";
import { stageSettings } from "./stage/stage-settings.ts";
import { addToGroup, create, list, removeFromGroup, type Session, setPassword } from "./users/commands.ts";
import { newPasswordFor } from "./users/read-password.ts";

interface GlobalOptions {
  readonly stage?: string;
  readonly json?: boolean;
}

const GROUP_NAMES = GROUPS.join(", ");

const program = new Command("users")
  .description("The provider's people and their groups")
  .option("--stage <stage>", "a deployed stage; without it, the local stack")
  .option("--json", "print the result as JSON, and nothing else, on standard output")
  .showHelpAfterError("(--help shows what can be done)")
  .exitOverride();

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

/** The environment comes first: an SDK client reads it when it is made. */
async function open(): Promise<Session> {
  const { stage, json = false } = program.opts<GlobalOptions>();
  if (stage === undefined) useLocalAws(localAwsEndpoint());
  const { userPoolId } = await stageSettings(stage ?? LOCAL_STAGE);
  return { people: new CognitoPeople(userPoolId), json };
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const target = program.opts<GlobalOptions>().stage === undefined ? "local" : "deployed";
  process.stderr.write(`error: ${explainError(error, target)}\n`);
  return error instanceof Refusal && error.code === "invalid" ? 2 : 1;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
