/** A function instance of its own: one request to warm it up, one to be counted when it is told to. */
import { parentPort, workerData } from "node:worker_threads";
import { invocationContext, proxyEvent, type RequestOptions } from "../support/event.ts";

interface Data {
  readonly file: string;
  readonly options: RequestOptions;
  /** One for each of the two requests, where their path names a flight. */
  readonly flightIds?: readonly string[];
}

const { file, options, flightIds }: Data = workerData;
const { handler } = await import(`../../src/functions/tenant-api/${file}.ts`);

async function call(key: string, flightId = flightIds?.[0]): Promise<void> {
  const repeatable = "Idempotency-Key" in (options.headers ?? {});
  const headers = { ...options.headers, ...(repeatable && { "Idempotency-Key": key }) };
  const pathParameters = flightId === undefined ? options.pathParameters : { flightId };
  const event = proxyEvent({ ...options, headers, ...(pathParameters && { pathParameters }) });
  const { statusCode } = await handler(event, invocationContext());
  if (statusCode >= 300) throw new Error(`${file} answered ${statusCode}`);
}

await call("warm-up");
parentPort?.once("message", async () => {
  await call("counted", flightIds?.[1]);
  parentPort?.postMessage("counted");
  parentPort?.close();
});
parentPort?.postMessage("warm");
