import { parsePolicyDocument } from "../iam/roles.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { PolicyDocument } from "../kernel/caller.ts";
import { members, required, structures, validationError } from "./query-protocol.ts";

/**
 * The parameters of AssumeRole, within their documented bounds.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export interface AssumeRoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  /** Seconds; undefined when the caller leaves it to the default of an hour. */
  readonly durationSeconds: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly policy: PolicyDocument | undefined;
  readonly policyArns: readonly string[];
  readonly externalId: string | undefined;
}

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const MOST_TAGS = 50;
const SHORTEST_SECONDS = 900;
const LONGEST_SECONDS = 43_200;
const LONGEST_POLICY = 2048;

/** Reads the parameters. Throws ValidationError, InvalidParameterValue or MalformedPolicyDocument. */
export function parseAssumeRole(parameters: URLSearchParams): AssumeRoleRequest {
  const roleArn = required(parameters, "RoleArn");
  if (!ROLE_ARN.test(roleArn)) throw validationError(`${roleArn} is invalid`);
  const sessionName = required(parameters, "RoleSessionName");
  if (!SESSION_NAME.test(sessionName)) throw invalidSessionName(sessionName);
  const tags = parseTags(parameters);
  const transitiveTagKeys = members(parameters, "TransitiveTagKeys");
  const strange = transitiveTagKeys.find((key) => !Object.hasOwn(tags, key));
  if (strange !== undefined)
    throw validationError(
      `The specified transitive tag key must be included in the requested tags: ${strange}`,
    );
  return {
    roleArn,
    sessionName,
    durationSeconds: parseDuration(parameters.get("DurationSeconds")),
    tags,
    transitiveTagKeys,
    policy: parsePolicy(parameters.get("Policy")),
    policyArns: structures(parameters, "PolicyArns").map(({ arn = "" }) => arn),
    externalId: parameters.get("ExternalId") ?? undefined,
  };
}

function invalidSessionName(name: string): AwsError {
  const constraint =
    name.length > 64
      ? "Member must have length less than or equal to 64"
      : name.length < 2
        ? "Member must have length greater than or equal to 2"
        : "Member must satisfy regular expression pattern: [\\w+=,.@-]*";
  return validationError(
    `1 validation error detected: Value '${name}' at 'roleSessionName' failed to satisfy constraint: ${constraint}`,
  );
}

function parseDuration(text: string | null): number | undefined {
  if (text === null) return undefined;
  const seconds = Number(text);
  const outside = (constraint: string) =>
    validationError(
      `1 validation error detected: Value '${text}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${constraint}`,
    );
  if (!(seconds >= SHORTEST_SECONDS)) throw outside(`greater than or equal to ${SHORTEST_SECONDS}`);
  if (seconds > LONGEST_SECONDS) throw outside(`less than or equal to ${LONGEST_SECONDS}`);
  return seconds;
}

/** Tag keys are compared without regard to case. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
function parseTags(parameters: URLSearchParams): Record<string, string> {
  const listed = structures(parameters, "Tags");
  if (listed.length > MOST_TAGS)
    throw validationError(
      `1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to ${MOST_TAGS}`,
    );
  const seen = new Set<string>();
  for (const { Key = "", Value = "" } of listed) {
    if (!TAG_KEY.test(Key) || !TAG_VALUE.test(Value))
      throw validationError(
        `1 validation error detected: Value at 'tags' failed to satisfy constraint: ${Key}`,
      );
    if (/^aws:/i.test(Key)) throw invalidParameter("Tag keys must not begin with aws:.");
    if (seen.has(Key.toLowerCase()))
      throw invalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    seen.add(Key.toLowerCase());
  }
  return Object.fromEntries(listed.map(({ Key = "", Value = "" }) => [Key, Value]));
}

function parsePolicy(text: string | null): PolicyDocument | undefined {
  if (text === null) return undefined;
  if (text.length > LONGEST_POLICY)
    throw validationError(
      `1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to ${LONGEST_POLICY}`,
    );
  try {
    return parsePolicyDocument(JSON.parse(text));
  } catch {
    throw new AwsError("MalformedPolicyDocument", "The policy is not in the valid JSON format.");
  }
}

function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}
