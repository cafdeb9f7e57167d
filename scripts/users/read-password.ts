import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { newPassword } from "../../src/domain/access/new-password.ts";
import { Refusal } from "../../src/domain/refusal.ts";

export interface NewPasswordChoice {
  readonly password: string;
  readonly generated: boolean;
}

/**
 * A new password: made up, or asked for. Never an argument, which the shell's history and every other
 * process of the machine can read. Throws a Refusal `invalid` when none is given.
 */
export async function newPasswordFor(
  username: string,
  { generate = false }: { readonly generate?: boolean },
): Promise<NewPasswordChoice> {
  if (generate) return { password: newPassword(), generated: true };
  const password = process.stdin.isTTY ? await askTwice(username) : await firstLine();
  if (password === "") throw new Refusal("invalid", "Give a password on standard input, or use --generate.");
  return { password, generated: false };
}

async function askTwice(username: string): Promise<string> {
  const password = await ask(`New password of ${username}: `);
  if ((await ask("Once more: ")) !== password) throw new Refusal("invalid", "The two passwords differ.");
  return password;
}

/** Nothing of what is typed is shown. */
async function ask(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return "";
}
