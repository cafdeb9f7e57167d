import { invalidPattern } from "./invalid-pattern.ts";

const MANY = Symbol("*");

/**
 * A text with `*` for any characters, also none; `\*` and `\\` stand for themselves. Two wildcards in a row
 * are refused. Throws InvalidEventPatternException.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching
 */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const pieces = piecesOf(pattern);
  const [first = "", ...rest] = pieces;
  const last = rest.pop();
  return (text) => {
    if (last === undefined) return text === first;
    if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
      return false;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= text.length - last.length;
  };
}

/** The texts between the wildcards. */
function piecesOf(pattern: string): string[] {
  const pieces = [""];
  let previous: string | typeof MANY | undefined;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? "";
    if (character === "*") {
      if (previous === MANY) throw invalidPattern("Consecutive wildcard characters are not allowed");
      pieces.push("");
      previous = MANY;
      continue;
    }
    previous = character === "\\" ? pattern[++at] : character;
    if (character === "\\" && previous !== "*" && previous !== "\\")
      throw invalidPattern("Invalid escape character");
    pieces.push(`${pieces.pop() ?? ""}${previous ?? ""}`);
  }
  return pieces;
}
