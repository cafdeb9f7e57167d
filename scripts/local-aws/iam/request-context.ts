/** Condition keys of one request with their values; a key that the request does not have is undefined or missing. */
export type RequestContext = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads condition keys as IAM does: their names are not case-sensitive, and a key without any value is absent.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export class ContextReader {
  readonly #context: RequestContext;
  #byLowerCaseName: Map<string, readonly string[]> | undefined;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** The values of a key; undefined when the key is absent. */
  values(key: string): readonly string[] | undefined {
    this.#byLowerCaseName ??= index(this.#context);
    return this.#byLowerCaseName.get(key.toLowerCase());
  }

  /** The value of a key that has exactly one; policy variables take no others. */
  single(key: string): string | undefined {
    const values = this.values(key);
    return values?.length === 1 ? values[0] : undefined;
  }
}

function index(context: RequestContext): Map<string, readonly string[]> {
  const byName = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(context)) {
    if (value === undefined || value.length === 0) {
      if (value === "") byName.set(key.toLowerCase(), [""]);
      continue;
    }
    byName.set(key.toLowerCase(), typeof value === "string" ? [value] : value);
  }
  return byName;
}
