const ROLE =
  /^arn:(?<partition>[\w-]+):iam::(?<account>\d{12}):role\/(?:[\x21-\x7e]+\/)?(?<name>[\w+=,.@-]+)$/;
const SESSION =
  /^arn:(?<partition>[\w-]+):sts::(?<account>\d{12}):assumed-role\/(?<name>[\w+=,.@-]+)\/[\w+=,.@-]+$/;

/**
 * Whether an IAM principal is one of those on the list. A session is known by its role and not by its name,
 * which whoever assumes the role chooses; a role's path is no part of its sessions' ARNs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 *
 * @param arn of a session (`arn:aws:sts::<account>:assumed-role/<role>/<session>`) or of a user
 * @param allowed ARNs of roles or users; no wildcards
 */
export function isAllowedPrincipal(arn: unknown, allowed: readonly string[]): boolean {
  if (typeof arn !== "string") return false;
  const role = identityOf(SESSION, arn);
  if (role === undefined) return USER.test(arn) && allowed.includes(arn);
  return allowed.some((one) => identityOf(ROLE, one) === role);
}

const USER = /^arn:[\w-]+:iam::\d{12}:user\/[\x21-\x7e]+$/;

function identityOf(pattern: RegExp, arn: string): string | undefined {
  const { partition, account, name } = pattern.exec(arn)?.groups ?? {};
  return name === undefined ? undefined : `${partition}:${account}:${name}`;
}
