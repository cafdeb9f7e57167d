import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

const POOL_ID = "us-east-1_TestPool1";
const ISSUER = `https://cognito-idp.us-east-1.amazonaws.com/${POOL_ID}`;
const KEY_ID = "test-key";

type Claims = Record<string, unknown>;

/**
 * A user pool's keys and token shape, without the pool: signs whatever a test wants to see refused. It also
 * answers the Query for the cut-offs.
 */
export class TokenIssuer {
  readonly poolId = POOL_ID;
  readonly issuer = ISSUER;
  readonly publicKey: JWK;
  readonly #keys: Awaited<ReturnType<typeof generateKeyPair>>;
  readonly #server: Server;
  /** How often the public keys were asked for. */
  keyRequests = 0;
  #available = true;
  /** Seconds since the epoch, by subject. */
  readonly cutOffs = new Map<string, number>();

  private constructor(keys: Awaited<ReturnType<typeof generateKeyPair>>, publicKey: JWK) {
    this.#keys = keys;
    this.publicKey = { ...publicKey, kid: KEY_ID, alg: "RS256", use: "sig" };
    this.#server = createServer((request, response) => {
      if (request.method === "POST") {
        response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
        response.end(JSON.stringify(this.#cutOffs()));
        return;
      }
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

  /** What a function's environment says, so that it trusts this issuer and reads its cut-offs. */
  get environment(): Record<string, string> {
    return {
      ISSUER_POOL_ID: this.poolId,
      JWKS_URI: this.jwksUri,
      CONTROL_TABLE: "control",
      AWS_ENDPOINT_URL: new URL(this.jwksUri).origin,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "function",
      AWS_SECRET_ACCESS_KEY: "function",
    };
  }

  #cutOffs() {
    const Items = [...this.cutOffs].map(([sk, notBefore]) => ({
      pk: { S: "cutoffs" },
      sk: { S: sk },
      notBefore: { N: String(notBefore) },
      expiresAt: { N: String(notBefore + 3900) },
    }));
    return { Items, Count: Items.length, ScannedCount: Items.length };
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
