/** The result, on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What is said beside the result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
