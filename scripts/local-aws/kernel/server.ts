import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SignedRequest } from "../signature/canonical-request.ts";
import { AwsError } from "./aws-error.ts";
import type { Caller } from "./caller.ts";
import type { AwsRequest, AwsResponse, Service } from "./service.ts";

const LARGEST_BODY = 16 * 1024 * 1024;
const CREDENTIAL =
  /^AWS4-HMAC-SHA256 Credential=(?<accessKeyId>[^/]+)\/\d{8}\/[^/]*\/(?<service>[^/]+)\/aws4_request/;

/**
 * Says whom an access key belongs to. Throws {@link AwsError} for expired or mismatched credentials, and for a
 * request that they did not sign.
 */
export type IdentifyCaller = (
  accessKeyId: string,
  sessionToken: string | undefined,
  request: SignedRequest,
) => Caller;

export interface LocalAwsServer {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Serves all services at one loopback address; the first that accepts a request answers it. */
export async function serve(
  services: readonly Service[],
  options: { port: number; identify: IdentifyCaller; onError?: (error: unknown) => void },
): Promise<LocalAwsServer> {
  const server = createServer((incoming, outgoing) => {
    answer(services, options.identify, incoming)
      .catch((error: unknown): AwsResponse => {
        if (error instanceof AwsError) return malformed(error);
        options.onError?.(error);
        return {
          status: 500,
          headers: { "content-type": "application/json" },
          body: '{"__type":"InternalFailure"}',
        };
      })
      .then((response) => send(outgoing, response));
  });
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      for (const service of services) await service.close?.();
    },
  };
}

async function answer(
  services: readonly Service[],
  identify: IdentifyCaller,
  incoming: IncomingMessage,
): Promise<AwsResponse> {
  const body = await readBody(incoming);
  const url = readUrl(incoming.url);
  const credential = CREDENTIAL.exec(incoming.headers.authorization ?? "")?.groups;
  const base = {
    requestId: randomUUID(),
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
    signedFor: credential?.service,
    target: single(incoming.headers["x-amz-target"]),
  };
  const anonymous: AwsRequest = { ...base, caller: { kind: "anonymous" } };
  const service = services.find((candidate) => candidate.accepts(anonymous));
  if (!service)
    return {
      status: 404,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        __type: "UnknownOperationException",
        message: `nothing answers ${base.method} ${base.path}`,
      }),
    };
  try {
    const caller: Caller = credential?.accessKeyId
      ? identify(
          credential.accessKeyId,
          single(incoming.headers["x-amz-security-token"]),
          signedRequest(incoming, body),
        )
      : anonymous.caller;
    return await service.handle({ ...base, caller });
  } catch (error) {
    if (error instanceof AwsError) return service.refuse(error, anonymous);
    throw error;
  }
}

function signedRequest(incoming: IncomingMessage, body: Buffer): SignedRequest {
  const [path = "/", ...query] = (incoming.url ?? "/").split("?");
  return {
    method: incoming.method ?? "GET",
    path,
    query: query.join("?"),
    body,
    header: (name) => incoming.headersDistinct[name] ?? [],
  };
}

function readUrl(target = "/"): URL {
  try {
    return new URL(target, "http://127.0.0.1");
  } catch {
    throw new AwsError("BadRequestException", "The request target is malformed");
  }
}

/** A request that is none before any service has seen it. */
function malformed({ code, message, status }: AwsError): AwsResponse {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ __type: code, message }),
  };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > LARGEST_BODY)
      throw new AwsError("RequestEntityTooLargeException", "The request is too large", 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(outgoing: ServerResponse, response: AwsResponse): void {
  const body = typeof response.body === "string" ? Buffer.from(response.body) : response.body;
  outgoing.writeHead(response.status, { ...response.headers, "content-length": String(body.length) });
  outgoing.end(body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
