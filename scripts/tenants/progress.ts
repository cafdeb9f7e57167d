import { Listr, ListrLogger, ProcessOutput } from "listr2";

/**
 * A list of steps on standard error, each marked as it is done, so that standard output holds the result
 * alone. The work reports its steps; the list only follows it.
 */
export class Progress<Step extends string> {
  readonly #steps: ReadonlyMap<Step, Signal>;
  readonly #list: Promise<unknown>;
  #current: Signal | undefined;

  /** @param titles the steps in their order. */
  constructor(titles: ReadonlyMap<Step, string>) {
    this.#steps = new Map([...titles.keys()].map((step) => [step, new Signal()]));
    const logger = new ListrLogger({
      useIcons: true,
      processOutput: new ProcessOutput(process.stderr, process.stderr),
    });
    const list = new Listr(
      [...titles].map(([step, title]) => ({ title, task: () => this.#steps.get(step)?.ended })),
      {
        renderer: hasWidth(process.stderr) ? "default" : "simple",
        rendererOptions: { logger, showErrorMessage: false },
        fallbackRenderer: "simple",
        fallbackRendererOptions: { logger },
        registerSignalListeners: false,
      },
    );
    // The work's own error is the one to be shown.
    this.#list = list.run().catch(() => undefined);
  }

  /** The step before is done, and this one begins. A step that is not in the list ends the one before. */
  begin(step: Step): void {
    this.#current?.end();
    this.#current = this.#steps.get(step);
  }

  /** All steps are done; what is printed from now on stands below the list. */
  async complete(): Promise<void> {
    for (const step of this.#steps.values()) step.end();
    await this.#list;
  }

  /** The current step has failed, and those after it are not done. */
  async fail(): Promise<void> {
    for (const step of this.#steps.values()) step.fail();
    await this.#list;
  }
}

/** A promise to be settled from outside; only the first time counts. */
class Signal {
  readonly ended: Promise<void>;
  readonly end: () => void;
  readonly fail: () => void;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.end = resolve;
    this.fail = () => reject(new Error("see below"));
    // A step that the list never came to is not an error of its own.
    promise.catch(() => undefined);
  }
}

/** A terminal that says how wide it is; a list that is redrawn in place needs one. */
function hasWidth({ isTTY, columns }: NodeJS.WriteStream): boolean {
  return isTTY && columns > 0;
}
