import { Command, CommanderError } from "commander";
import { Refusal } from "../../src/domain/refusal.ts";
import { explainError } from "./explain-error.ts";
import { LOCAL_STAGE, localAwsEndpoint, useLocalAws } from "./local-environment.ts";
import { note } from "./print.ts";
import { type StageSettings, stageSettings } from "./stage-settings.ts";

interface GlobalOptions {
  readonly stage?: string;
  readonly json?: boolean;
}

/** A command line that works on a stage: the local stack, or with `--stage` a deployed one. */
export function stageProgram(name: string): Command {
  return new Command(name)
    .option("--stage <stage>", "a deployed stage; without it, the local stack")
    .option("--json", "print the result as JSON, and nothing else, on standard output")
    .showHelpAfterError("(--help shows what can be done)")
    .exitOverride();
}

/** Whether the result is to be JSON and nothing else. */
export function isJson(program: Command): boolean {
  return program.opts<GlobalOptions>().json === true;
}

/** What the stage says of itself. The environment comes first: an SDK client reads it when it is made. */
export async function openStage(program: Command): Promise<StageSettings> {
  const { stage } = program.opts<GlobalOptions>();
  if (stage === undefined) useLocalAws(localAwsEndpoint());
  return stageSettings(stage ?? LOCAL_STAGE);
}

/**
 * Does what was typed and sets the exit code. 0: done; 1: refused or failed; 2: what was typed makes no sense.
 * @param explain says more of a refusal, after its line
 */
export async function runProgram(
  program: Command,
  explain: (refusal: Refusal) => void = () => {},
): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(program, error, explain);
  }
}

function exitCodeOf(program: Command, error: unknown, explain: (refusal: Refusal) => void): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const target = program.opts<GlobalOptions>().stage === undefined ? "local" : "deployed";
  note(`error: ${explainError(error, target)}`);
  if (!(error instanceof Refusal)) return 1;
  explain(error);
  return error.code === "invalid" ? 2 : 1;
}
