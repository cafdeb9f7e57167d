/** A third party's message that nothing verifies. Why is told to nobody: the address may be unknown, or the time, or the signature wrong. */
export class HookRefused extends Error {
  constructor() {
    super("No source at this address has signed this message, or not lately.");
    this.name = "HookRefused";
  }
}
