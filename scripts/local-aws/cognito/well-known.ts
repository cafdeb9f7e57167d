import type { AwsRequest, AwsResponse } from "../kernel/service.ts";
import { AUTHORIZE_PATH } from "./hosted-pages.ts";
import type { PoolKeys } from "./pool-keys.ts";
import type { Pools } from "./pools.ts";
import { REVOKE_PATH, USER_INFO_PATH } from "./session-endpoints.ts";
import { TOKEN_PATH } from "./token-endpoint.ts";

const PATH = /^\/(?<poolId>[\w-]+_[0-9a-zA-Z]+)\/\.well-known\/(?<document>jwks\.json|openid-configuration)$/;

/** A pool's public documents: `/{poolId}/.well-known/jwks.json` and `/{poolId}/.well-known/openid-configuration`. */
export class WellKnown {
  readonly #pools: Pools;
  readonly #keys: PoolKeys;

  constructor(pools: Pools, keys: PoolKeys) {
    this.#pools = pools;
    this.#keys = keys;
  }

  static accepts(request: AwsRequest): boolean {
    return PATH.test(request.path);
  }

  answer(request: AwsRequest): AwsResponse {
    const { poolId = "", document } = PATH.exec(request.path)?.groups ?? {};
    if (request.method !== "GET") return json(405, { message: "Method Not Allowed" });
    if (!this.#pools.has(poolId)) return json(400, { message: `User pool ${poolId} does not exist.` });
    return json(200, document === "jwks.json" ? this.#jwks(poolId) : this.#configuration(poolId, request));
  }

  #jwks(poolId: string) {
    return { keys: this.#keys.publicKeys(poolId).map(({ jwk }) => jwk) };
  }

  /** The issuer and JWKS address are AWS's; the endpoints are those that answer here. */
  #configuration(poolId: string, request: AwsRequest) {
    const issuer = this.#pools.issuer(poolId);
    const domain = `http://${request.headers.host ?? "127.0.0.1"}`;
    return {
      authorization_endpoint: `${domain}${AUTHORIZE_PATH}`,
      id_token_signing_alg_values_supported: ["RS256"],
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: ["code", "token"],
      scopes_supported: ["openid", "email", "phone", "profile"],
      subject_types_supported: ["public"],
      revocation_endpoint: `${domain}${REVOKE_PATH}`,
      token_endpoint: `${domain}${TOKEN_PATH}`,
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      userinfo_endpoint: `${domain}${USER_INFO_PATH}`,
    };
  }
}

function json(status: number, body: unknown): AwsResponse {
  const headers = { "content-type": "application/json", "cache-control": "public, max-age=86400" };
  return {
    status,
    headers: status === 200 ? headers : { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}
