/** The result, on standard output. Rejects when nobody takes it: a secret is handed over only when it was written. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** What is said beside the result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The failed write itself tells whoever waits for it; without a listener it would end the process with a stack. */
process.stdout.on("error", () => undefined);
