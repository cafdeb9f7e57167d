/** A function instance of its own: one request to warm it up, one to be counted when it is told to. */
import { parentPort, workerData } from "node:worker_threads";
import { invocationContext, proxyEvent, type RequestOptions } from "../support/event.ts";

const { file, options }: { file: string; options: RequestOptions } = workerData;
const { handler } = await import(`../../src/functions/tenant-api/${file}.ts`);

async function call(key: string): Promise<void> {
  const repeatable = "Idempotency-Key" in (options.headers ?? {});
  const headers = { ...options.headers, ...(repeatable && { "Idempotency-Key": key }) };
  const { statusCode } = await handler(proxyEvent({ ...options, headers }), invocationContext());
  if (statusCode >= 300) throw new Error(`${file} answered ${statusCode}`);
}

await call("warm-up");
parentPort?.once("message", async () => {
  await call("counted");
  parentPort?.postMessage("counted");
  parentPort?.close();
});
parentPort?.postMessage("warm");
