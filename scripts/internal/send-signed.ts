import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import type { CallerSession } from "./caller-session.ts";

const LONGEST_WAIT_MILLISECONDS = 30_000;

/** Sends a GET that AWS's own signer has signed for API Gateway (`execute-api`). */
export async function sendSigned(address: string, session: CallerSession): Promise<Response> {
  const url = new URL(address);
  const { region, ...credentials } = session;
  const signer = new SignatureV4({ credentials, region, service: "execute-api", sha256: Sha256 });
  const { headers } = await signer.sign({
    method: "GET",
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host },
  });
  return fetch(url, { headers, signal: AbortSignal.timeout(LONGEST_WAIT_MILLISECONDS) });
}

/** The JSON object of a 200. Throws an Error with status, wording and request id for any other answer. */
export async function objectOf(response: Response): Promise<object> {
  const body: unknown = await response.json();
  if (typeof body !== "object" || body === null) throw new Error("the answer is no JSON object");
  if (response.status === 200) return body;
  const { detail, message, requestId }: Record<string, unknown> = { ...body };
  throw new Error(`${response.status}: ${String(detail ?? message)} (request ${String(requestId)})`);
}
