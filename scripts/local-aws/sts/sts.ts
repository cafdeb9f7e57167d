import type { Identities } from "../iam/identities.ts";
import type { RequestContext } from "../iam/request-context.ts";
import type { Role } from "../iam/roles.ts";
import type { Credentials } from "../iam/sessions.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Caller } from "../kernel/caller.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import { type AssumeRoleRequest, parseAssumeRole } from "./assume-role-request.ts";
import { queryAnswer, queryRefusal, validationError, type XmlMembers } from "./query-protocol.ts";
import { authorizeOnRole, notTrusted } from "./role-trust.ts";

type Signed = Exclude<Caller, { kind: "anonymous" }>;

const API_VERSION = "2011-06-15";
const DEFAULT_SECONDS = 3600;
/** A role that assumes a role gets an hour at most. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const LONGEST_CHAINED_SECONDS = 3600;

/** STS words and numbers what identification and authorization refuse in its own way. */
const STS_ERRORS: Readonly<Record<string, string>> = {
  AccessDeniedException: "AccessDenied",
  UnrecognizedClientException: "InvalidClientTokenId",
  ExpiredTokenException: "ExpiredToken",
  InvalidSignatureException: "SignatureDoesNotMatch",
  IncompleteSignatureException: "IncompleteSignature",
  MissingAuthenticationTokenException: "MissingAuthenticationToken",
};

/** AWS Security Token Service: AssumeRole and GetCallerIdentity. */
export class Sts implements Service {
  readonly name = "sts";
  readonly #identities: Identities;

  constructor({ identities }: { identities: Identities }) {
    this.#identities = identities;
  }

  accepts(request: AwsRequest): boolean {
    if (request.signedFor !== undefined) return request.signedFor === "sts";
    return request.method === "POST" && request.path === "/" && parametersOf(request).has("Action");
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const { caller } = request;
    if (caller.kind === "anonymous")
      throw new AwsError("MissingAuthenticationTokenException", "Request is missing Authentication Token");
    const parameters = parametersOf(request);
    const action = parameters.get("Action") ?? "";
    if (parameters.get("Version") !== API_VERSION) throw invalidAction(action, parameters);
    switch (action) {
      case "AssumeRole":
        return queryAnswer(action, this.#assumeRole(caller, parameters), request);
      case "GetCallerIdentity":
        return queryAnswer(action, this.#callerIdentity(caller), request);
      default:
        throw invalidAction(action, parameters);
    }
  }

  readonly refuse: Service["refuse"] = (error, request) => {
    const code = STS_ERRORS[error.code];
    return queryRefusal(code ? { ...error, code, message: error.message, status: 403 } : error, request);
  };

  #callerIdentity(caller: Signed): XmlMembers {
    return { Arn: caller.arn, UserId: this.#identities.userId(caller), Account: caller.accountId };
  }

  #assumeRole(caller: Signed, parameters: URLSearchParams): XmlMembers {
    const asked = parseAssumeRole(parameters);
    const role = this.#identities.roles.withArn(asked.roleArn);
    if (!role) throw notTrusted(caller, "sts:AssumeRole", { arn: asked.roleArn });
    const inherited = inheritedTags(caller, asked);
    const context = requestContext(asked);
    authorizeOnRole(this.#identities, caller, "sts:AssumeRole", role, context);
    if (Object.keys(asked.tags).length > 0)
      authorizeOnRole(this.#identities, caller, "sts:TagSession", role, context);
    const credentials = this.#identities.issue(role, asked.sessionName, {
      tags: { ...asked.tags, ...inherited },
      transitiveTagKeys: [...asked.transitiveTagKeys, ...Object.keys(inherited)],
      sessionPolicies: [
        ...(asked.policy ? [asked.policy] : []),
        ...asked.policyArns.map((arn) => this.#identities.roles.managedPolicy(arn)),
      ],
      durationSeconds: durationOf(asked, role, caller),
    });
    return assumed(role, asked, credentials, caller.accountId);
  }
}

function assumed(
  role: Role,
  { sessionName }: AssumeRoleRequest,
  credentials: Credentials,
  accountId: string,
): XmlMembers {
  return {
    AssumedRoleUser: {
      AssumedRoleId: `${role.id}:${sessionName}`,
      Arn: `arn:aws:sts::${accountId}:assumed-role/${role.name}/${sessionName}`,
    },
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: credentials.expiresAt && new Date(credentials.expiresAt).toISOString(),
    },
  };
}

function durationOf(asked: AssumeRoleRequest, role: Role, caller: Signed): number {
  const seconds = asked.durationSeconds ?? DEFAULT_SECONDS;
  if (caller.kind === "session" && seconds > LONGEST_CHAINED_SECONDS)
    throw validationError(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    );
  if (seconds > role.maxSessionDurationSeconds)
    throw validationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  return seconds;
}

/** Tags that the calling session hands on; they cannot be set anew. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining */
function inheritedTags(caller: Signed, { tags }: AssumeRoleRequest): Record<string, string> {
  if (caller.kind === "account") return {};
  const inherited = Object.entries(caller.tags).filter(([key]) => caller.transitiveTagKeys?.includes(key));
  const set = new Set(Object.keys(tags).map((key) => key.toLowerCase()));
  if (inherited.some(([key]) => set.has(key.toLowerCase())))
    throw new AwsError(
      "InvalidParameterValue",
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  return Object.fromEntries(inherited);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts */
function requestContext(asked: AssumeRoleRequest): RequestContext {
  const tags = Object.entries(asked.tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  return {
    "sts:RoleSessionName": asked.sessionName,
    "sts:ExternalId": asked.externalId,
    "aws:TagKeys": Object.keys(asked.tags),
    "sts:TransitiveTagKeys": asked.transitiveTagKeys,
    ...Object.fromEntries(tags),
  };
}

function parametersOf(request: AwsRequest): URLSearchParams {
  return request.body.length > 0 ? new URLSearchParams(request.body.toString()) : request.query;
}

function invalidAction(action: string, parameters: URLSearchParams): AwsError {
  return new AwsError(
    "InvalidAction",
    `Could not find operation ${action} for version ${parameters.get("Version") ?? "NO_VERSION_SPECIFIED"}`,
  );
}
