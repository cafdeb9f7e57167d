/** The user pool's public keys could not be read: neither the token's fault nor the caller's. */
export class KeysUnavailable extends Error {
  constructor(cause: unknown) {
    super("the user pool's public keys could not be read", { cause });
    this.name = "KeysUnavailable";
  }
}

const TIME_LIMIT_MILLISECONDS = 3000;

/**
 * Reads a JWKS from the configured address, whatever address the verifier derives from the pool: the
 * library takes only https, and its Cognito verifier has no setting for another endpoint.
 */
export class KeyFetcher {
  readonly #jwksUri: string;

  constructor(jwksUri: string) {
    this.#jwksUri = jwksUri;
  }

  async fetch(): Promise<ArrayBuffer> {
    try {
      const response = await fetch(this.#jwksUri, { signal: AbortSignal.timeout(TIME_LIMIT_MILLISECONDS) });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return await response.arrayBuffer();
    } catch (cause) {
      throw new KeysUnavailable(cause);
    }
  }
}
