import type { DemoCredentials, DemoFile } from "../demo/demo-file.ts";

/** An answer of the API, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when it is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A tenant's machine: its credentials and the token that it fetched. */
export interface Machine extends DemoCredentials {
  readonly token: string;
}

export async function call(
  demo: DemoFile,
  path: string,
  { method = "GET", token, apiKey, headers, body }: Call,
) {
  return answerOf(
    await fetch(`${demo.apiUrl}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(apiKey !== undefined && { "x-api-key": apiKey }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
  );
}

export async function fetchToken(
  demo: DemoFile,
  { clientId, clientSecret }: DemoCredentials,
): Promise<Answer> {
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  return answerOf(
    await fetch(demo.tokenUrl, {
      method: "POST",
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    }),
  );
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text) };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The same token with another tenant in it, its signature left as it was. */
export function tampered(token: string, tenantId: string): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims: object = JSON.parse(Buffer.from(payload, "base64url").toString());
  const altered = Buffer.from(JSON.stringify({ ...claims, gatehouse_tenant: tenantId })).toString(
    "base64url",
  );
  return [header, altered, signature].join(".");
}
