/** Run as a process of its own: an instance of a relay's function, given events and asked for its answers. */
const { handler } = await import(`../../../src/functions/messages/${process.argv[2]}.ts`);

process.on("message", async (event) => {
  const answer = await handler(event, { getRemainingTimeInMillis: () => 60_000 }).then(
    (payload: unknown) => ({ payload }),
    (error: Error) => ({ error: { errorType: error.name, errorMessage: error.message } }),
  );
  process.send?.(answer);
});
process.send?.("ready");
