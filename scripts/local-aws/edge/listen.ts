import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Edge } from "./edge.ts";
import { HeaderFields, type HttpRequest, type HttpResponse } from "./http-message.ts";

/** Largest body API Gateway takes: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const LARGEST_BODY = 10 * 1024 * 1024;

const NO_BODY = Buffer.alloc(0);

export interface EdgeListener {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Serves the edge on the loopback interface. Rejects when the port is taken. */
export async function listen(edge: Pick<Edge, "handle">, port: number): Promise<EdgeListener> {
  const server = createServer((incoming, outgoing) => {
    respond(edge, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  edge: Pick<Edge, "handle">,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readBody(incoming);
  send(outgoing, body === undefined ? tooLong() : await edge.handle(requestFrom(incoming, body)));
}

function requestFrom(incoming: IncomingMessage, body: Buffer): HttpRequest {
  const [target = "/", ...query] = (incoming.url ?? "/").split("?");
  return {
    method: incoming.method ?? "GET",
    path: target,
    query: query.join("?"),
    headers: new HeaderFields(pairs(incoming.rawHeaders)),
    body,
    sourceIp: incoming.socket.remoteAddress ?? "127.0.0.1",
    protocol: `HTTP/${incoming.httpVersion}`,
  };
}

function* pairs(rawHeaders: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    yield [rawHeaders[index] ?? "", rawHeaders[index + 1] ?? ""];
}

/**
 * Undefined when it is longer than the gateway takes. The rest of it is read and thrown away, within reason:
 * a client that is still writing when the connection closes sees an error instead of the answer.
 */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const { "content-length": announced, "transfer-encoding": chunked } = incoming.headers;
  if (announced === undefined && chunked === undefined) return NO_BODY;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length > 4 * LARGEST_BODY) return undefined;
    if (length <= LARGEST_BODY) chunks.push(chunk);
  }
  return length > LARGEST_BODY ? undefined : Buffer.concat(chunks);
}

/**
 * Comes from in front of the API, in plain text. "Customizing the default gateway response of 413
 * REQUEST_TOO_LARGE" is not supported
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html);
 * body seen: https://github.com/koki-develop/lgtm-generator/issues/10.
 */
function tooLong(): HttpResponse {
  return {
    status: 413,
    headers: new HeaderFields([
      ["Content-Type", "text; charset=utf-8"],
      ["x-amzn-ErrorType", "RequestEntityTooLargeException"],
      ["x-amzn-RequestId", randomUUID()],
      ["Connection", "close"],
    ]),
    body: `HTTP content length exceeded ${LARGEST_BODY} bytes.`,
  };
}

function send(outgoing: ServerResponse, { status, headers, body }: HttpResponse): void {
  outgoing.statusCode = status;
  for (const [name, values] of headers.entries()) {
    const [only, ...more] = values;
    outgoing.setHeader(name, more.length === 0 && only !== undefined ? only : [...values]);
  }
  if (status !== 204 && status !== 304) outgoing.setHeader("Content-Length", Buffer.byteLength(body));
  outgoing.end(status === 204 || status === 304 ? undefined : body);
}
