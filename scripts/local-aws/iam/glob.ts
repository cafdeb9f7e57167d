/** `*`: any combination of characters, also none. */
const MANY = Symbol("*");
/** `?`: any single character. */
const ONE = Symbol("?");

/** A pattern as a row of literal characters and wildcards. */
export type Glob = readonly (string | typeof MANY | typeof ONE)[];

/** Reads `*` and `?` of a text as wildcards. */
export function globOf(text: string): Glob {
  return Array.from(text, (character) => (character === "*" ? MANY : character === "?" ? ONE : character));
}

/** Takes every character of a text for itself. */
export function literalGlob(text: string): Glob {
  return Array.from(text);
}

/** Whether the whole value matches. Takes at most pattern × value steps, whatever the pattern. */
export function matchesGlob(glob: Glob, value: string): boolean {
  const characters = Array.from(value);
  let inGlob = 0;
  let inValue = 0;
  let lastMany = -1;
  let resumeAt = 0;
  while (inValue < characters.length) {
    const token = glob[inGlob];
    if (token === MANY) {
      lastMany = inGlob++;
      resumeAt = inValue;
    } else if (token === ONE || (token !== undefined && token === characters[inValue])) {
      inGlob++;
      inValue++;
    } else if (lastMany >= 0) {
      inGlob = lastMany + 1;
      inValue = ++resumeAt;
    } else {
      return false;
    }
  }
  while (glob[inGlob] === MANY) inGlob++;
  return inGlob === glob.length;
}
