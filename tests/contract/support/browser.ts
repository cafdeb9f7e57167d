/** Follows a sign-in as a browser would, one request at a time: cookies are kept, redirects are looked at. */
export class Browser {
  readonly #endpoint: string;
  #cookie: string | undefined;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  get(path: string): Promise<Page> {
    return this.#request(path, { method: "GET" });
  }

  /** Fills the page's form in and posts it to where the page came from. */
  submit(page: Page, fields: Record<string, string>): Promise<Page> {
    return this.#request(page.path, {
      method: "POST",
      body: new URLSearchParams({ ...page.hidden, ...fields }),
    });
  }

  async #request(path: string, init: { method: string; body?: URLSearchParams }): Promise<Page> {
    const headers: Record<string, string> = this.#cookie ? { cookie: this.#cookie } : {};
    const response = await fetch(new URL(path, this.#endpoint), { ...init, headers, redirect: "manual" });
    this.#cookie = response.headers.get("set-cookie")?.split(";")[0] ?? this.#cookie;
    const text = await response.text();
    const inputs = text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g);
    return {
      path,
      status: response.status,
      headers: response.headers,
      location: response.headers.get("location") ?? "",
      text,
      hidden: Object.fromEntries([...inputs].map(([, name = "", value = ""]) => [name, value])),
    };
  }
}

export interface Page {
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly location: string;
  readonly text: string;
  /** The form's hidden fields. */
  readonly hidden: Readonly<Record<string, string>>;
}
