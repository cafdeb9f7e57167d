import { createInterface } from "node:readline/promises";
import { Refusal } from "../../src/domain/refusal.ts";

/** Asks the operator before what hurts; throws a Refusal for a no, and where there is nobody to ask. */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    const detail = `${question} There is no terminal to answer at: say --yes to do it.`;
    throw new Refusal("invalid", detail);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new Refusal("conflict", "Nothing was changed.");
  } finally {
    terminal.close();
  }
}
