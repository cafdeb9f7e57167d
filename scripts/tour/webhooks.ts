import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import type { DemoFile } from "../demo/demo-file.ts";
import { call, type Machine } from "./client.ts";
import type { Report } from "./report.ts";

/** From the change to the webhook it takes a second or two, and longer while functions start. */
const PATIENCE_MILLISECONDS = 60_000;
const WEBHOOKS = "/v1/webhooks";

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A tenant's endpoint on this machine: what it was sent, and where it listens. */
async function receiver() {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    received.push(await read(request));
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { received, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  return { headers, body: Buffer.concat(chunks).toString() };
}

/** What a tenant is told by webhooks, that it can believe it, and where none is sent. */
export async function tourWebhooks(
  demo: DemoFile,
  { token, apiKey }: Machine,
  flight: object,
  report: Report,
): Promise<void> {
  report.chapter("Webhooks (Standard Webhooks)");
  const send = (path: string, method: string, body?: object, headers = {}) =>
    call(demo, path, { method, token, apiKey, headers, ...(body && { body }) });
  const register = (url: string) => send(WEBHOOKS, "POST", { url, eventTypes: ["flight.created"] });
  const inside = await register("https://169.254.169.254/latest/meta-data/");
  report.step("an endpoint at an address that is not public", 400, inside.status);

  const { received, server, url } = await receiver();
  try {
    const { status, body: webhook } = await register(url);
    report.step("an endpoint on this machine, as the local stack allows", 201, status);
    const added = await send("/v1/flights", "POST", flight);
    const told = await first(received);
    const typeOf = told && String(JSON.parse(told.body).type);
    report.step("what it is told after a flight was added", "flight.created", typeOf ?? "nothing");
    const believes = (body: string | undefined) => verified(String(webhook.secret), told, body);
    report.step("its signature, by the secret that was told once", "holds", believes(told?.body));
    report.step("the same with a word altered", "does not hold", believes(told?.body.replace("LHR", "LGW")));
    const path = `${WEBHOOKS}/${String(webhook.webhookId)}`;
    report.step(
      "what the tenant sees of it",
      "delivered 204",
      await delivered(() => send(`${path}/deliveries`, "GET")),
    );
    await send(`/v1/flights/${String(added.body.flightId)}`, "DELETE", undefined, { "if-match": "*" });
    report.step(
      "no endpoint any more",
      204,
      (await send(path, "DELETE", undefined, { "if-match": "*" })).status,
    );
  } finally {
    server.close();
  }
}

async function first(received: readonly Received[]): Promise<Received | undefined> {
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  while (received.length === 0 && Date.now() < deadline) await setTimeout(100);
  return received[0];
}

function verified(secret: string, told: Received | undefined, body = ""): "holds" | "does not hold" {
  try {
    new Webhook(secret).verify(body, told?.headers ?? {});
    return "holds";
  } catch {
    return "does not hold";
  }
}

/** The last delivery and its last attempt; it is recorded a moment after it was made. */
async function delivered(list: () => ReturnType<typeof call>): Promise<string> {
  for (let patience = 50; ; patience -= 1) {
    const { items } = (await list()).body as {
      items?: { status: string; attempts: { status?: number }[] }[];
    };
    const [last] = items ?? [];
    if (patience === 0 || (last && last.status !== "pending"))
      return last ? `${last.status} ${last.attempts.at(-1)?.status ?? ""}`.trim() : "nothing";
    await setTimeout(100);
  }
}
