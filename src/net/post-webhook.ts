import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { Refusal } from "../domain/refusal.ts";
import { judgeHost, type Loopback, type Resolve } from "../domain/webhooks/address-guard.ts";
import {
  type AttemptOutcome,
  heedsRetryAfter,
  type NoAnswer,
  retryAfterOf,
} from "../domain/webhooks/attempt-outcome.ts";
import { endpointUrl } from "../domain/webhooks/endpoint-url.ts";

export interface WebhookPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PostRules {
  readonly resolve: Resolve;
  readonly loopback: Loopback;
  readonly patience?: Patience;
  /** Certificates (PEM) to trust instead of those that Node.js comes with. */
  readonly certificates?: string;
}

/** In milliseconds. */
interface Patience {
  /** For a connection, TLS included. */
  readonly connection: number;
  /**
   * From the request to the status line of the answer. Standard Webhooks recommends 15 to 30 s:
   * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#request-timeouts
   */
  readonly answer: number;
  /** For the rest of the answer, which nobody reads. */
  readonly rest: number;
}

const PATIENCE: Patience = { connection: 5000, answer: 15_000, rest: 1000 };

/** So much of an answer is taken, so that the endpoint can write it to its end; then the connection is closed. Bytes. */
const LARGEST_ANSWER = 16_384;

/**
 * Posts to an endpoint as a tenant named it, which may lead anywhere: the host is resolved once and every address
 * judged, the connection goes to the judged addresses and to no other, a redirect is an answer like any other,
 * nothing that comes back is kept but the status, and no connection is used for a second post.
 *
 * Never throws for what an endpoint or its DNS does.
 */
export async function postWebhook(post: WebhookPost, rules: PostRules): Promise<AttemptOutcome> {
  const url = acceptedUrl(post.url, rules.loopback);
  if (!url) return unanswered("forbidden-address");
  const judged = await judgeHost(url, rules.resolve, rules.loopback).catch(() => undefined);
  if (!judged) return unanswered("unresolved");
  if ("refused" in judged) return unanswered("forbidden-address");
  return new Promise((resolve) => exchange(url, judged.addresses, post, rules, resolve));
}

/** The rules for URLs may have become stricter since the endpoint was made. */
function acceptedUrl(text: string, loopback: Loopback): URL | undefined {
  try {
    return endpointUrl(text, loopback);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function exchange(
  url: URL,
  addresses: readonly string[],
  post: WebhookPost,
  { patience = PATIENCE, certificates }: PostRules,
  resolve: (outcome: AttemptOutcome) => void,
): void {
  const begin = url.protocol === "https:" ? httpsRequest : httpRequest;
  const options: RequestOptions & { ca?: string } = {
    method: "POST",
    // An agent of its own: no connection is kept, so none is shared between tenants.
    agent: false,
    lookup: only(addresses),
    headers: {
      ...post.headers,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(post.body),
      "user-agent": "Gatehouse-Webhooks/1.0",
    },
    ...(certificates && { ca: certificates }),
  };
  const request = begin(url, options);
  const end = (outcome: AttemptOutcome) => {
    clearTimeout(connecting);
    clearTimeout(answering);
    request.destroy();
    resolve(outcome);
  };
  const answering = setTimeout(() => end(unanswered("timed-out")), patience.answer);
  const connecting = setTimeout(() => end(unanswered("timed-out")), patience.connection);
  onceConnected(request, url, () => clearTimeout(connecting));
  request.once("response", (response) => {
    clearTimeout(answering);
    const outcome = answered(response);
    discard(response, patience.rest, () => end(outcome));
  });
  // An answer that switches protocols is none; without a listener Node.js closes the connection in silence.
  request.once("upgrade", () => end(unanswered("garbage")));
  request.on("error", (error) => end(unanswered(reasonOf(error))));
  request.end(post.body);
}

/** Answers every look-up with the addresses that were judged. */
function only(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const [first] = known;
    if (options.all) callback(null, known);
    else callback(null, first?.address ?? "", first?.family);
  };
}

function onceConnected(request: ClientRequest, { protocol }: URL, connected: () => void): void {
  request.once("socket", (socket) =>
    socket.once(protocol === "https:" ? "secureConnect" : "connect", connected),
  );
}

function answered({ statusCode = 0, headers }: IncomingMessage): AttemptOutcome {
  const retryAfter = heedsRetryAfter(statusCode)
    ? retryAfterOf(headers["retry-after"], Date.now())
    : undefined;
  return { kind: "answered", status: statusCode, ...(retryAfter !== undefined && { retryAfter }) };
}

/** The status has said everything. */
function discard(response: IncomingMessage, milliseconds: number, done: () => void): void {
  let bytes = 0;
  const timer = setTimeout(done, milliseconds);
  const stop = () => {
    clearTimeout(timer);
    done();
  };
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER) stop();
  });
  response.once("end", stop);
  response.once("error", stop);
  response.once("close", stop);
}

/** Codes of OpenSSL's verification and of Node.js's comparison of names. */
const CERTIFICATE =
  /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_CA|INVALID_PURPOSE|HOSTNAME_)/;

function reasonOf(error: Error): NoAnswer {
  const code = "code" in error ? String(error.code) : "";
  if (CERTIFICATE.test(code)) return "untrusted-certificate";
  if (code.startsWith("HPE_")) return "garbage";
  return code === "ETIMEDOUT" ? "timed-out" : "unreachable";
}

function unanswered(reason: NoAnswer): AttemptOutcome {
  return { kind: "unanswered", reason };
}
