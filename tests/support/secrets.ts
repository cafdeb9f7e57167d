/**
 * Values that nobody may find anywhere: secrets, keys' values, passwords, tokens. Each is looked for in the
 * forms in which a careless line would write it.
 */
export class Secrets {
  /** Form → what it is. */
  readonly #forms = new Map<string, string>();

  get size(): number {
    return this.#forms.size;
  }

  /** Throws for a value that is too short to be told from anything else. */
  add(what: string, value: unknown): void {
    if (typeof value !== "string" || value.length < 12) throw new Error(`${what} is no secret`);
    for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])
      this.#forms.set(form, what);
    this.#forms.set(
      Buffer.from(value).toString("base64").replace(/=+$/, "").slice(0, -2),
      `${what}, in base64`,
    );
  }

  /** A client's secret, and the header that carries it. */
  addClient(what: string, { clientId, clientSecret }: { clientId: string; clientSecret: string }): void {
    this.add(`${what}'s secret`, clientSecret);
    this.add(`${what}'s Basic credentials`, Buffer.from(`${clientId}:${clientSecret}`).toString("base64"));
  }

  /** A token, and its signature: the rest of it is what anybody may know. */
  addToken(what: string, token: string): void {
    this.add(what, token);
    const signature = token.split(".").at(-1);
    if (signature !== token) this.add(`the signature of ${what}`, signature);
  }

  /** What of it stands in the text. */
  in(text: string): string[] {
    return [...this.#forms].filter(([form]) => text.includes(form)).map(([, what]) => what);
  }
}
