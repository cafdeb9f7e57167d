/** Fails as a bundler does on code that is none, when it is told to, leaving something that keeps a process alive. */
// biome-ignore lint/style/noDefaultExport: the framework wants a default export
export default class Failing {
  hooks = {
    "before:offline:start": async () => {
      if (!process.env.FAIL_LATER) return;
      setInterval(() => undefined, 1000);
      throw new Error("another plugin failed");
    },
  };
}
