import { once } from "node:events";
import { createServer, request as forward, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A request on its way to AWS. */
export interface WireRequest {
  /** e.g. `TransactWriteItems`. */
  readonly operation: string;
  readonly body: string;
}

/** How the connection fails: `before` the request arrives, or `after` it was done, when its answer is lost. */
export type WireFault = "before" | "after" | undefined;

/** Stands between the SDK and the local AWS, and cuts connections as it is told. */
export class FaultyWire {
  /** Asked about every request; asked again when the SDK sends it again. */
  fault: (request: WireRequest) => WireFault = () => undefined;
  /** Operations in the order in which they came. */
  readonly seen: string[] = [];
  readonly #server: Server;

  private constructor(target: string) {
    this.#server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const { method = "GET", headers, url = "/" } = incoming;
      const request = { operation: operationOf(headers), body: body.toString() };
      this.seen.push(request.operation);
      const fault = this.fault(request);
      if (fault === "before") {
        incoming.socket.destroy();
        return;
      }
      const onward = forward(new URL(url, target), { method, headers });
      onward.end(body);
      const [answer] = await once(onward, "response").catch(() => []);
      // The local AWS was stopped with the request under way.
      if (!answer) {
        incoming.socket.destroy();
        return;
      }
      if (fault === "after") {
        answer.resume();
        await once(answer, "end");
        incoming.socket.destroy();
        return;
      }
      // The time of whoever tests: a client that is told another one signs by that.
      const date = new Date().toUTCString();
      outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, date });
      answer.pipe(outgoing);
    });
  }

  static async to(target: string): Promise<FaultyWire> {
    const wire = new FaultyWire(target);
    wire.#server.listen(0, "127.0.0.1");
    await once(wire.#server, "listening");
    return wire;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Fails the first request of the operation, and no other. */
  failOnce(operation: string, fault: "before" | "after"): void {
    let failed = false;
    this.fault = (request) => {
      if (failed || request.operation !== operation) return undefined;
      failed = true;
      return fault;
    };
  }

  /** Fails every request of the operation, as for a process that ends there. */
  fail(operation: string, fault: "before" | "after"): void {
    this.fault = (request) => (request.operation === operation ? fault : undefined);
  }

  heal(): void {
    this.fault = () => undefined;
    this.seen.length = 0;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function operationOf(headers: IncomingHttpHeaders): string {
  return String(headers["x-amz-target"] ?? "").replace(/^.*\./, "");
}
