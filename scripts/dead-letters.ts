/**
 * What could not be done and waits for people: `npm run dead-letters -- list | show | redrive`. Without `--stage` it
 * works on the local stack, with it on a deployed one, under the operator's own AWS credentials.
 * Exit code 0: done; 1: failed, or something was left; 2: what was typed makes no sense.
 */
import { InvalidArgumentError } from "commander";
import { Refusal } from "../src/domain/refusal.ts";
import { headOf } from "./dead-letters/dead-letter.ts";
import { LetterQueue } from "./dead-letters/letter-queue.ts";
import { peek } from "./dead-letters/peek.ts";
import { DEAD_LETTER_QUEUES, queueNamed } from "./dead-letters/queues.ts";
import { redrive } from "./dead-letters/redrive.ts";
import { note, print } from "./stage/print.ts";
import { isJson, openStage, runProgram, stageProgram } from "./stage/stage-program.ts";
import { table } from "./stage/text.ts";

const program = stageProgram("dead-letters").description("What could not be done and waits for people");

program
  .command("list")
  .description("every queue of dead letters, and how many lie in it")
  .action(async () => {
    const { stage } = await openStage(program);
    const rows = [];
    for (const { name, holds, redrive: target } of DEAD_LETTER_QUEUES) {
      const { waiting, inFlight } = await (await LetterQueue.open(stage, name)).count();
      rows.push({ name, waiting, inFlight, holds, redrivesTo: target?.name ?? null });
    }
    const lines = rows.map(({ name, waiting, inFlight, holds, redrivesTo }) => [
      name,
      waiting,
      inFlight,
      redrivesTo ?? "–",
      holds,
    ]);
    await print(
      isJson(program)
        ? JSON.stringify(rows)
        : table(["QUEUE", "WAITING", "IN FLIGHT", "REDRIVE TO", "HOLDS"], lines),
    );
  });

program
  .command("show")
  .description("some of a queue's messages: when, why and about what; with --json whole")
  .argument("<queue>", "as list names it")
  .option("--limit <count>", "at most so many", count, 10)
  .action(async (name: string, { limit }: { limit: number }) => {
    const queue = queueNamed(name);
    const { stage } = await openStage(program);
    const letters = await peek(await LetterQueue.open(stage, queue.name), limit);
    if (isJson(program)) {
      const whole = letters.map(({ messageId, sentAt, attributes, text }) => ({
        messageId,
        sentAt: new Date(sentAt).toISOString(),
        attributes,
        body: text,
      }));
      await print(JSON.stringify(whole));
      return;
    }
    const rows = letters.map((letter) => {
      const { reason, about } = headOf(letter);
      return [letter.messageId, new Date(letter.sentAt).toISOString(), about, reason];
    });
    await print(table(["MESSAGE", "SENT", "ABOUT", "REASON"], rows));
  });

program
  .command("redrive")
  .description("gives what lies in a queue again to where it was to go, when the cause is mended")
  .argument("<queue>", "as list names it")
  .action(async (name: string) => {
    const { redrive: target, ...queue } = queueNamed(name);
    if (!target)
      throw new Refusal(
        "invalid",
        `Nothing takes again what lies in ${name}; docs/operating.md says what to do.`,
      );
    const { stage } = await openStage(program);
    const progress = (given: number) => {
      if (given % 10 === 0) note(`  … ${given} given to ${target.name}`);
    };
    const { given, left } = await redrive(stage, { ...queue, redrive: target }, progress);
    if (isJson(program)) await print(JSON.stringify({ queue: name, to: target.name, given, left }));
    else for (const { messageId, why } of left) await print(`${messageId}  left: ${why}`);
    note(`${given} given to ${target.name}, ${left.length} left.`);
    if (left.length > 0) process.exitCode = 1;
  });

function count(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError("It is a number from 1 to 999.");
  return Number(text);
}

await runProgram(program);
