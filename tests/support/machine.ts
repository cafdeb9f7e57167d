import type { DemoCredentials, DemoFile } from "../../scripts/demo/demo-file.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Credentials of a tenant's machine, and where it uses them. */
type Place = Pick<DemoFile, "apiUrl" | "tokenUrl">;
type Credentials = Pick<DemoCredentials, "clientId" | "clientSecret" | "apiKey">;

/** A tenant's backend: signs in once, then calls the API with token and key. */
export class Machine {
  readonly token: string;
  readonly apiKey: string;
  readonly #apiUrl: string;

  private constructor(apiUrl: string, token: string, apiKey: string) {
    this.#apiUrl = apiUrl;
    this.token = token;
    this.apiKey = apiKey;
  }

  static async signIn({ apiUrl, tokenUrl }: Place, credentials: Credentials): Promise<Machine> {
    const { status, body } = await requestToken(tokenUrl, credentials);
    if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
    return new Machine(apiUrl, (body as { access_token: string }).access_token, credentials.apiKey);
  }

  get authorization(): { Authorization: string; "x-api-key": string } {
    return { Authorization: `Bearer ${this.token}`, "x-api-key": this.apiKey };
  }

  /** A call with token and key; a header of `undefined` is left out. */
  call(method: string, path: string, { headers, ...options }: CallOptions = {}): Promise<Answer> {
    return call(`${this.#apiUrl}${path}`, method, {
      ...options,
      headers: { ...this.authorization, ...headers },
    });
  }
}

async function requestToken(
  tokenUrl: string,
  { clientId, clientSecret }: Pick<Credentials, "clientId" | "clientSecret">,
): Promise<Answer> {
  const response = await fetch(tokenUrl, {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return answerOf(response);
}

export async function call(
  url: string,
  method: string,
  { body, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const given = Object.entries(headers).filter(
    (header): header is [string, string] => header[1] !== undefined,
  );
  const json = body !== undefined && { "Content-Type": "application/json" };
  const response = await fetch(url, {
    method,
    headers: { ...json, ...Object.fromEntries(given) },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return answerOf(response);
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
