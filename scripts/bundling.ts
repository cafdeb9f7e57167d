/**
 * A Serverless plugin for what bundling needs before it begins, and for its end when it fails. It stands before
 * serverless-esbuild, so that it comes first.
 */
import { ensureGeneratedCode } from "./start/generated-code.ts";

/** For the framework to say what is wrong. */
const LAST_WORDS_MILLISECONDS = 2000;

interface ServerlessInstance {
  readonly processedInput: { readonly commands: readonly string[] };
}

export default class Bundling {
  readonly hooks: Readonly<Record<string, () => void | Promise<void>>>;

  constructor(serverless: ServerlessInstance) {
    this.hooks = {
      "before:package:createDeploymentArtifacts": () => void ensureGeneratedCode(),
      "before:deploy:function:packageFunction": () => void ensureGeneratedCode(),
      // Code that cannot be bundled leaves esbuild's process behind, and the framework would wait for it for ever.
      error: async () => {
        if (serverless.processedInput.commands[0] !== "offline") endSoon();
      },
    };
  }
}

function endSoon(): void {
  setTimeout(() => process.exit(1), LAST_WORDS_MILLISECONDS).unref();
}
