import { timingSafeEqual } from "node:crypto";
import type { Authorize } from "../kernel/authorize.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Caller, PolicyDocument, RoleSession } from "../kernel/caller.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Collection, Store } from "../kernel/store.ts";
import { accessDenied, type DenyingPolicy } from "./access-denied.ts";
import { evaluate, type PolicyRequest } from "./evaluate.ts";
import { servicePrincipal, statementsNaming } from "./principals.ts";
import type { RequestContext } from "./request-context.ts";
import { type Role, Roles } from "./roles.ts";
import { type Credentials, type Session, Sessions } from "./sessions.ts";

/** A permission that a role was seen to need: what AWS shows as last accessed information. */
export interface PermissionUse {
  readonly roleName: string;
  readonly action: string;
  readonly resource: string;
}

const SERVICE_SESSION_SECONDS = 3600;
const RENEW_BEFORE_MS = 300_000;

/** What a session asks for when it is issued, beside its role and name. */
export interface SessionOptions {
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  readonly sessionPolicies?: readonly PolicyDocument[];
  readonly durationSeconds: number;
}

/**
 * Who signs requests to the local AWS, and what they may do. A session keeps only its role's name: the role's
 * policies are read from the stack when a request comes, so a changed template applies to old sessions too.
 */
export class Identities {
  readonly roles: Roles;
  readonly #stack: Stack;
  readonly #clock: Clock;
  readonly #sessions: Sessions;
  readonly #functionKeys: Collection<string>;
  readonly #serviceSessions = new Map<string, Credentials>();
  readonly #onUse: ((use: PermissionUse) => void) | undefined;

  constructor(parts: {
    readonly store: Store;
    readonly stack: Stack;
    readonly clock: Clock;
    /** Told of every request of a role that was allowed. */
    readonly onUse?: ((use: PermissionUse) => void) | undefined;
  }) {
    const { store, stack, clock } = parts;
    this.#onUse = parts.onUse;
    this.#stack = stack;
    this.#clock = clock;
    this.roles = new Roles(stack);
    this.#sessions = new Sessions(store, clock);
    this.#functionKeys = store.collection<string>("iam/function-keys");
  }

  /**
   * The caller whom an access key belongs to. A key that the local STS did not issue is the account's own.
   * Throws UnrecognizedClientException for a token that does not belong to the key, ExpiredTokenException.
   * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
   */
  readonly identify = (accessKeyId: string, sessionToken: string | undefined): Caller => {
    if (!Sessions.issued(accessKeyId)) {
      const { accountId } = this.#stack;
      return { kind: "account", accountId, arn: `arn:aws:iam::${accountId}:root` };
    }
    const session = this.#sessions.get(accessKeyId);
    if (!session) throw expiredToken();
    if (!sameText(session.credentials.sessionToken, sessionToken ?? "")) throw unrecognizedClient();
    if (this.#sessions.isExpired(session)) throw expiredToken();
    return this.#callerOf(session);
  };

  /**
   * The session that signs with an access key, and the secret that it signs with. A key that the local STS did
   * not issue has no secret here, so nothing that it signed can be verified. Throws as {@link identify} does.
   */
  signer(
    accessKeyId: string,
    sessionToken: string | undefined,
  ): { readonly caller: RoleSession; readonly secretAccessKey: string } {
    const session = this.#sessions.get(accessKeyId);
    const caller = this.identify(accessKeyId, sessionToken);
    if (!session || caller.kind !== "session") throw unrecognizedClient();
    return { caller, secretAccessKey: session.credentials.secretAccessKey };
  }

  /** Starts a session of a role. Whether the caller may is STS's question. */
  issue(role: Role, sessionName: string, options: SessionOptions): Credentials {
    return this.#sessions.start(
      {
        roleName: role.name,
        sessionName,
        tags: options.tags ?? {},
        transitiveTagKeys: options.transitiveTagKeys ?? [],
        sessionPolicies: options.sessionPolicies ?? [],
      },
      options.durationSeconds,
    ).credentials;
  }

  /**
   * Credentials of a function's execution role, the same after a restart.
   * @param logicalIdOrName of the `AWS::Lambda::Function`
   * Throws InvalidParameterValueException when Lambda may not assume the role.
   */
  forFunction(logicalIdOrName: string): Credentials {
    const fn = this.#stack
      .resources("AWS::Lambda::Function")
      .find(({ logicalId, physicalId }) => logicalId === logicalIdOrName || physicalId === logicalIdOrName);
    if (!fn) throw new Error(`the template has no function ${logicalIdOrName}`);
    const role = this.roles.withArn(String(fn.properties.Role));
    if (!role) throw new Error(`the role of the function ${fn.logicalId} is not in the template`);
    if (!mayAssume(role, "lambda.amazonaws.com"))
      throw new AwsError(
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
      );
    const known = this.#sessions.get(this.#functionKeys.get(fn.physicalId) ?? "");
    if (known?.roleName === role.name) return known.credentials;
    if (known) this.#sessions.end(known.credentials.accessKeyId);
    const { credentials } = this.#sessions.start(
      {
        roleName: role.name,
        sessionName: fn.physicalId,
        tags: {},
        transitiveTagKeys: [],
        sessionPolicies: [],
      },
      undefined,
    );
    this.#functionKeys.put(fn.physicalId, credentials.accessKeyId);
    return credentials;
  }

  /**
   * A service of AWS in a role that it was given, e.g. `apigateway.amazonaws.com` for an integration.
   * Throws AccessDenied when the template has no such role, or one that does not trust the service.
   */
  asService(roleArn: string, service: string): Caller {
    const role = this.roles.withArn(roleArn);
    if (!role || !mayAssume(role, service))
      throw new AwsError("AccessDenied", `${service} may not assume ${roleArn}`, 403);
    const known = this.#serviceSessions.get(roleArn);
    const isFresh = known?.expiresAt !== undefined && known.expiresAt - this.#clock.now() > RENEW_BEFORE_MS;
    const credentials = isFresh
      ? known
      : this.issue(role, service.split(".")[0] ?? service, { durationSeconds: SERVICE_SESSION_SECONDS });
    this.#serviceSessions.set(roleArn, credentials);
    return this.identify(credentials.accessKeyId, credentials.sessionToken);
  }

  /** Checks a request against what its caller's policies allow. The account itself may do everything. */
  readonly authorize: Authorize = (caller, action, resource, context = {}) => {
    if (caller.kind === "account") return;
    if (caller.kind === "anonymous") throw missingToken();
    const denying = this.findDenial(caller, action, resource, context);
    if (denying) throw accessDenied(caller.arn, action, resource, denying);
  };

  /** The kind of policy that keeps a session from a request; undefined when it may. */
  findDenial(
    caller: RoleSession,
    action: string,
    resource: string,
    context: RequestContext,
  ): DenyingPolicy | undefined {
    const request: PolicyRequest = {
      action,
      resource,
      context: { ...this.callerContext(caller), ...context },
    };
    const layers: [DenyingPolicy["kind"], readonly PolicyDocument[] | undefined][] = [
      ["identity-based policy", caller.policies],
      ["permissions boundary", caller.boundary && [caller.boundary]],
      ["session policy", caller.sessionPolicies?.length ? caller.sessionPolicies : undefined],
    ];
    const decisions = layers.flatMap(([kind, policies]) =>
      policies ? [{ kind, decision: evaluate(policies, request) }] : [],
    );
    const explicit = decisions.find(({ decision }) => decision === "explicitDeny");
    if (explicit) return { kind: explicit.kind, explicit: true };
    const implicit = decisions.find(({ decision }) => decision === "implicitDeny");
    if (implicit) return { kind: implicit.kind, explicit: false };
    this.#onUse?.({ roleName: caller.roleName, action, resource });
    return undefined;
  }

  /**
   * The global condition keys that a caller brings with it.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
   */
  callerContext(caller: Exclude<Caller, { kind: "anonymous" }>): RequestContext {
    const now = this.#clock.now();
    const common = {
      "aws:CurrentTime": new Date(now).toISOString(),
      "aws:EpochTime": String(Math.floor(now / 1000)),
      "aws:SecureTransport": "true",
      "aws:PrincipalAccount": caller.accountId,
      "aws:ResourceAccount": this.#stack.accountId,
      "aws:RequestedRegion": this.#stack.region,
    };
    if (caller.kind === "account")
      return {
        ...common,
        "aws:PrincipalArn": caller.arn,
        "aws:PrincipalType": "Account",
        "aws:userid": caller.accountId,
      };
    const tags = Object.entries(caller.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]);
    return {
      ...common,
      "aws:PrincipalArn": caller.roleArn,
      "aws:PrincipalType": "AssumedRole",
      "aws:userid": this.userId(caller),
      ...Object.fromEntries(tags),
    };
  }

  /** `AROA…:<session name>` of a session, the account id of the account. */
  userId(caller: Exclude<Caller, { kind: "anonymous" }>): string {
    if (caller.kind === "account") return caller.accountId;
    return `${this.roles.named(caller.roleName)?.id ?? "AROA"}:${caller.sessionName}`;
  }

  #callerOf(session: Session): RoleSession {
    const { roleName, sessionName, sessionPolicies, transitiveTagKeys, credentials } = session;
    const { accountId } = this.#stack;
    const role = this.roles.named(roleName);
    return {
      kind: "session",
      accountId,
      arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
      roleArn: role?.arn ?? `arn:aws:iam::${accountId}:role/${roleName}`,
      roleName,
      sessionName,
      tags: role ? { ...role.tags, ...session.tags } : session.tags,
      policies: role?.policies ?? [],
      ...(role?.boundary && { boundary: role.boundary }),
      sessionPolicies,
      transitiveTagKeys,
      expiresAt: credentials.expiresAt ?? Number.POSITIVE_INFINITY,
    };
  }
}

function mayAssume(role: Role, service: string): boolean {
  const policy = statementsNaming(role.trustPolicy, servicePrincipal(service), ["itself"]);
  return evaluate([policy], { action: "sts:AssumeRole", resource: role.arn, context: {} }) === "allow";
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function expiredToken(): AwsError {
  return new AwsError("ExpiredTokenException", "The security token included in the request is expired");
}

function unrecognizedClient(): AwsError {
  return new AwsError(
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
  );
}

function missingToken(): AwsError {
  return new AwsError("MissingAuthenticationTokenException", "Request is missing Authentication Token");
}
