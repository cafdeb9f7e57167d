import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

const POOL_ID = "us-east-1_TestPool1";
const ISSUER = `https://cognito-idp.us-east-1.amazonaws.com/${POOL_ID}`;
const KEY_ID = "test-key";

type Claims = Record<string, unknown>;

/** A user pool's keys and token shape, without the pool: signs whatever a test wants to see refused. */
export class TokenIssuer {
  readonly poolId = POOL_ID;
  readonly issuer = ISSUER;
  readonly publicKey: JWK;
  readonly #keys: Awaited<ReturnType<typeof generateKeyPair>>;
  readonly #server: Server;
  /** How often the public keys were asked for. */
  keyRequests = 0;
  #available = true;

  private constructor(keys: Awaited<ReturnType<typeof generateKeyPair>>, publicKey: JWK) {
    this.#keys = keys;
    this.publicKey = { ...publicKey, kid: KEY_ID, alg: "RS256", use: "sig" };
    this.#server = createServer((_request, response) => {
      this.keyRequests += 1;
      response.writeHead(this.#available ? 200 : 500, { "content-type": "application/json" });
      response.end(JSON.stringify({ keys: [this.publicKey] }));
    });
  }

  static async start(): Promise<TokenIssuer> {
    const keys = await generateKeyPair("RS256", { extractable: true });
    const issuer = new TokenIssuer(keys, await exportJWK(keys.publicKey));
    await new Promise<void>((resolve) => issuer.#server.listen(0, "127.0.0.1", resolve));
    return issuer;
  }

  get jwksUri(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`;
  }

  /** Lets the address of the keys fail, or work again. */
  set available(available: boolean) {
    this.#available = available;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A machine's access token as Cognito issues it, with claims of the test's own over it. */
  async sign(
    claims: Claims = {},
    { key = this.#keys.privateKey, header = {} as Claims } = {},
  ): Promise<string> {
    return new SignJWT(machineClaims(claims))
      .setProtectedHeader({ alg: "RS256", kid: KEY_ID, ...header })
      .sign(key);
  }

  /** `alg: none`, unsigned (RFC 7519, section 6). */
  unsigned(claims: Claims = {}): string {
    return `${encode({ alg: "none", kid: KEY_ID })}.${encode(machineClaims(claims))}.`;
  }

  /** HS256 with the public key as the secret: the classic confusion of algorithms (RFC 8725, section 2.1). */
  async symmetric(claims: Claims = {}): Promise<string> {
    const secret = new TextEncoder().encode(JSON.stringify(this.publicKey));
    return new SignJWT(machineClaims(claims)).setProtectedHeader({ alg: "HS256", kid: KEY_ID }).sign(secret);
  }
}

/** The token with one claim changed and its signature kept. */
export function altered(token: string, change: Claims): string {
  const [header, payload = "", signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  return `${header}.${encode({ ...claims, ...change })}.${signature}`;
}

function machineClaims(claims: Claims): Claims {
  const now = Math.floor(Date.now() / 1000);
  const all: Claims = {
    sub: "client-1",
    token_use: "access",
    scope: "airline/flights.read airline/flights.write",
    auth_time: now,
    iss: ISSUER,
    exp: now + 3600,
    iat: now,
    version: 2,
    jti: crypto.randomUUID(),
    client_id: "client-1",
    ...claims,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
