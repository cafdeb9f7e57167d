import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

/** What other teams are told of events. */
export const document = () => readFileSync(join(ROOT, "docs", "messages.md"), "utf8");

/** The code block of the document below the comment that names it. */
export function documented(name: string): string {
  const text = document();
  const [, block] =
    new RegExp(`<!-- ${RegExp.escape(name)} -->\n\`\`\`\\w+\n(.*?)\`\`\``, "s").exec(text) ?? [];
  if (block === undefined) throw new Error(`docs/messages.md has no ${name}`);
  return block;
}
