/** Prints one line a step, and remembers whether each went as expected. */
export class Report {
  #differing = 0;
  #steps = 0;

  step(title: string, expected: string | number, seen: string | number): void {
    const same = String(expected) === String(seen);
    this.#steps += 1;
    if (!same) this.#differing += 1;
    const mark = same ? "✓" : "✗";
    const number = String(this.#steps).padStart(2);
    console.log(`${mark} ${number}  ${title.padEnd(58)} expected ${expected}, seen ${seen}`);
  }

  chapter(title: string): void {
    console.log(`\n${title}`);
  }

  /** Prints the outcome; true when every step went as expected. */
  conclude(): boolean {
    console.log(
      this.#differing === 0
        ? `\nAll ${this.#steps} steps went as expected.`
        : `\n${this.#differing} of ${this.#steps} steps differ.`,
    );
    return this.#differing === 0;
  }
}
