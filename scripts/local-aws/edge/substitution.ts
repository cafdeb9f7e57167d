/** A text in which `$context.x` stands for values: read once, filled in for each call. */
export class Substitution {
  readonly #literals: readonly string[];
  readonly #variables: readonly string[];

  constructor(text: string) {
    const literals: string[] = [];
    const variables: string[] = [];
    let end = 0;
    for (const match of text.matchAll(VARIABLE)) {
      literals.push(text.slice(end, match.index));
      variables.push(match[1] ?? "");
      end = match.index + match[0].length;
    }
    this.#literals = [...literals, text.slice(end)];
    this.#variables = variables;
  }

  fill(lookUp: (variable: string) => string): string {
    return this.#literals.reduce(
      (filled, literal, index) => `${filled}${lookUp(this.#variables[index - 1] ?? "")}${literal}`,
    );
  }
}

// A name is made of words with dots between; only a claim's name holds colons (`cognito:groups`).
const VARIABLE = /\$context\.(authorizer\.claims\.[\w-]+(?:[:.][\w-]+)*|(?:[\w-]+\.)*[\w-]+)/g;
