import { randomUUID } from "node:crypto";
import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { AwsRequest, AwsResponse } from "../kernel/service.ts";
import type { Authentication } from "./authentication.ts";
import type { AuthorizationCodes } from "./authorization-codes.ts";
import {
  type AuthorizationRequest,
  RefusedRequest,
  readAuthorizationRequest,
  UnknownApp,
  withParameters,
} from "./authorization-request.ts";
import type { Challenges } from "./challenges.ts";
import type { Clients } from "./clients.ts";
import type { Domains } from "./domains.ts";
import { OAuthError } from "./oauth-error.ts";
import { userByPassword } from "./password-sign-in.ts";
import type { Pools } from "./pools.ts";
import type { ResourceServers } from "./resource-servers.ts";
import { errorPage, newPasswordPage, signInPage } from "./sign-in-page.ts";
import { readFormOf } from "./token-request.ts";
import type { User, Users } from "./users.ts";

export const AUTHORIZE_PATH = "/oauth2/authorize";
export const LOGIN_PATH = "/login";

interface HostedPageParts {
  readonly pools: Pools;
  readonly clients: Clients;
  readonly domains: Domains;
  readonly servers: ResourceServers;
  readonly users: Users;
  readonly challenges: Challenges;
  readonly codes: AuthorizationCodes;
  readonly authentication: Authentication;
  readonly clock: Clock;
}

type Form = ReadonlyMap<string, string>;

/**
 * Where people sign in with a browser: `/oauth2/authorize` sends them on to `/login`, which asks for their
 * password and sends them back to the app with a code. Every sign-in asks anew: no session is kept.
 */
export class HostedPages {
  readonly #parts: HostedPageParts;

  constructor(parts: HostedPageParts) {
    this.#parts = parts;
  }

  async answer(request: AwsRequest): Promise<AwsResponse> {
    const isPost = request.path === LOGIN_PATH && request.method === "POST";
    if (request.method !== "GET" && !isPost) return { status: 405, headers: {}, body: "" };
    try {
      const asked = readAuthorizationRequest(request.query, this.#parts);
      if (request.path === AUTHORIZE_PATH) return redirect(`${LOGIN_PATH}?${request.query}`);
      return isPost ? await this.#post(asked, request) : this.#signInPage(request);
    } catch (error) {
      if (error instanceof RefusedRequest) return redirect(error.location);
      if (error instanceof UnknownApp) return html(400, errorPage(error.message));
      if (error instanceof OAuthError) return html(400, errorPage(error.code));
      throw error;
    }
  }

  async #post(asked: AuthorizationRequest, request: AwsRequest): Promise<AwsResponse> {
    const form = readFormOf(request);
    if (!form.has("_csrf") || form.get("_csrf") !== csrfCookie(request))
      return html(403, errorPage("The form is not the one that this browser was given."));
    const username = form.get("username") ?? "";
    try {
      return form.has("session")
        ? await this.#replacePassword(asked, form)
        : await this.#checkPassword(asked, form, request);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const state = { username, message: error.message };
      const session = form.get("session");
      return session !== undefined && error.code === "InvalidPasswordException"
        ? formPage(request, (csrfToken) => newPasswordPage({ ...state, session, csrfToken }))
        : this.#signInPage(request, state);
    }
  }

  async #checkPassword(asked: AuthorizationRequest, form: Form, request: AwsRequest): Promise<AwsResponse> {
    const { pools, users, challenges, clock } = this.#parts;
    const { client } = asked;
    const credentials = { username: form.get("username") ?? "", password: form.get("password") ?? "" };
    const user = await userByPassword(users, pools.get(client.poolId), client, credentials, clock);
    if (user.status === "CONFIRMED") return this.#sendBack(asked, user);
    const session = challenges.pose(client, user);
    return formPage(request, (csrfToken) => newPasswordPage({ csrfToken, username: user.username, session }));
  }

  async #replacePassword(asked: AuthorizationRequest, form: Form): Promise<AwsResponse> {
    const [session = "", username = "", password = ""] = ["session", "username", "new_password"].map((name) =>
      form.get(name),
    );
    const user = await this.#parts.authentication.replacePassword(asked.client, {
      session,
      username,
      password,
    });
    return this.#sendBack(asked, user);
  }

  #sendBack({ client, redirectUri, scopes, state, nonce, codeChallenge }: AuthorizationRequest, user: User) {
    const code = this.#parts.codes.issue({
      clientId: client.id,
      username: user.username,
      redirectUri,
      scopes,
      nonce,
      codeChallenge,
      authTime: this.#parts.clock.now(),
    });
    return redirect(withParameters(redirectUri, { code, state }));
  }

  #signInPage(request: AwsRequest, state: { username?: string; message?: string } = {}): AwsResponse {
    return formPage(request, (csrfToken) => signInPage({ ...state, csrfToken }));
  }
}

const COOKIE = "XSRF-TOKEN";

/** A form that only the browser which holds the cookie can post. */
function formPage(request: AwsRequest, render: (csrfToken: string) => string): AwsResponse {
  const csrfToken = csrfCookie(request) ?? randomUUID();
  const { headers, ...page } = html(200, render(csrfToken));
  const cookie = `${COOKIE}=${csrfToken}; Path=${LOGIN_PATH}; HttpOnly; SameSite=Lax`;
  return { ...page, headers: { ...headers, "set-cookie": cookie } };
}

function csrfCookie({ headers }: AwsRequest): string | undefined {
  return /(?:^|;\s*)XSRF-TOKEN=([\w-]{36})(?:;|$)/.exec(headers.cookie ?? "")?.[1];
}

function html(status: number, body: string): AwsResponse {
  return {
    status,
    headers: {
      "content-type": "text/html;charset=UTF-8",
      "cache-control": "no-store",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
    body,
  };
}

function redirect(location: string): AwsResponse {
  return { status: 302, headers: { location, "cache-control": "no-store" }, body: "" };
}
