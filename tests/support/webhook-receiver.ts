import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Webhook } from "standardwebhooks";

/** What a receiver does with what it gets. */
export type Behaviour =
  | { readonly kind: "answer"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "hang" | "close" | "garbage" | "endless" | "switch-protocol" | "stalled-body" }
  | { readonly kind: "slow"; readonly milliseconds: number };

export const ANSWERS = (status: number, headers: Readonly<Record<string, string>> = {}): Behaviour => ({
  kind: "answer",
  status,
  headers,
});

/** A webhook as it came. */
export interface ReceivedWebhook {
  readonly headers: IncomingMessage["headers"];
  readonly id: string;
  readonly body: string;
  readonly at: number;
  readonly url: string;
}

/**
 * An endpoint of a tenant's, with the official verifier of Standard Webhooks.
 * https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries/javascript
 */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** How many connections were made. */
  connections = 0;
  /** Bytes of answers that were handed to the network. */
  sent = 0;
  behave: (webhook: ReceivedWebhook) => Behaviour = () => ANSWERS(204);
  readonly #server: ReturnType<typeof createServer>;
  readonly #scheme: string;
  readonly #sockets = new Set<Socket>();

  private constructor(tls?: { readonly key: string; readonly cert: string }) {
    const take = (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response);
    this.#server = tls ? createTlsServer(tls, take) : createServer(take);
    this.#scheme = tls ? "https" : "http";
    this.#server.on("connection", (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(
    options: {
      readonly host?: string;
      readonly port?: number;
      readonly tls?: { key: string; cert: string };
    } = {},
  ): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(options.tls);
    receiver.#server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  /** How many connections are open. */
  get open(): number {
    return this.#sockets.size;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** @param host as the tenant names it */
  url(host = "127.0.0.1"): string {
    return `${this.#scheme}://${host}:${this.port}/hooks`;
  }

  /** Of the webhooks, those that a receiver that knows this secret believes; throws at the first that it does not. */
  believes(secret: string, webhooks: readonly ReceivedWebhook[] = this.received): unknown[] {
    const verifier = new Webhook(secret);
    return webhooks.map(({ body, headers }) => verifier.verify(body, headers as Record<string, string>));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const webhook: ReceivedWebhook = {
      headers: request.headers,
      id: String(request.headers["webhook-id"]),
      body: Buffer.concat(chunks).toString(),
      at: Date.now(),
      url: request.url ?? "",
    };
    this.received.push(webhook);
    await this.#answer(this.behave(webhook), request, response);
  }

  async #answer(behaviour: Behaviour, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (behaviour.kind) {
      case "answer":
        response.writeHead(behaviour.status, behaviour.headers).end("what nobody reads");
        return;
      case "slow":
        setTimeout(() => response.writeHead(204).end(), behaviour.milliseconds);
        return;
      case "hang":
        return;
      case "close":
        request.socket.destroy();
        return;
      case "garbage":
        request.socket.end("220 mail.example ESMTP\r\n\r\n");
        return;
      case "switch-protocol":
        request.socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tls/1.3\r\n\r\n",
        );
        return;
      case "stalled-body":
        response.writeHead(200, { "content-length": "1000" }).write("a little");
        return;
      case "endless":
        await this.#writeForever(response.writeHead(200));
    }
  }

  async #writeForever(response: ServerResponse): Promise<void> {
    const chunk = Buffer.alloc(16_384, "x");
    const closed = once(response, "close");
    while (!response.destroyed) {
      this.sent += chunk.length;
      if (response.write(chunk)) continue;
      const drained = new Promise<void>((resolve) => response.once("drain", resolve));
      await Promise.race([drained, closed]);
    }
  }
}
