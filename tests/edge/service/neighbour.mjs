/** Another plugin, as a bundler is: fails when it is told to, and says on SIGUSR2 that functions have changed. */
// biome-ignore lint/style/noDefaultExport: the framework wants a default export
export default class Neighbour {
  constructor(serverless) {
    this.hooks = {
      "before:offline:start": async () => {
        process.on("SIGUSR2", () => serverless.pluginManager.spawn("offline:functionsUpdated"));
        if (process.env.FAIL_LATER) throw new Error("another plugin failed");
      },
    };
  }
}
