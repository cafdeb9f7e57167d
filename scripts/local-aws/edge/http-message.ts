/** HTTP headers: names compared without regard to case, values in the order in which they came. */
export class HeaderFields {
  readonly #fields = new Map<string, { readonly name: string; readonly values: string[] }>();

  constructor(entries: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of entries) this.append(name, value);
  }

  /** The field's last value: API Gateway's `headers` member holds the last of several. */
  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase())?.values.at(-1);
  }

  /** All of the field's values; none when it is not there. */
  all(name: string): readonly string[] {
    return this.#fields.get(name.toLowerCase())?.values ?? [];
  }

  has(name: string): boolean {
    return this.#fields.has(name.toLowerCase());
  }

  set(name: string, value: string): void {
    this.#fields.set(name.toLowerCase(), { name, values: [value] });
  }

  append(name: string, value: string): void {
    const field = this.#fields.get(name.toLowerCase());
    if (field) field.values.push(value);
    else this.set(name, value);
  }

  delete(name: string): void {
    this.#fields.delete(name.toLowerCase());
  }

  /** Each field once, under the name by which it came first. */
  *entries(): IterableIterator<readonly [name: string, values: readonly string[]]> {
    for (const { name, values } of this.#fields.values()) yield [name, values];
  }
}

/** One HTTP request as it reached the edge, read whole. */
export interface HttpRequest {
  readonly method: string;
  /** Path with the stage, still percent-encoded, e.g. `/dev/v1/flights`. */
  readonly path: string;
  /** Query without the question mark; empty when there is none. */
  readonly query: string;
  readonly headers: HeaderFields;
  readonly body: Buffer;
  readonly sourceIp: string;
  /** The interface VPC endpoint that it came through; a request over the network to the local gateway never did. */
  readonly vpcEndpointId?: string;
  /** e.g. `HTTP/1.1` */
  readonly protocol: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: string | Buffer;
}
