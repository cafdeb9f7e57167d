/** A group's rights at the gateway: an IAM policy of the one action `execute-api:Invoke`. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  /** `<stage's ARN>/<method>/<path>`. */
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** `arn:aws:execute-api:<region>:<account>:<API id>/<stage>`: what all resources of a policy begin with. */
export type StageArn = string;

export const INVOKE = "execute-api:Invoke";

const SHORT_FORM = /^execute-api:\/(?<stage>[^/]*)\//;

/**
 * The short form `execute-api:/<stage>/<method>/<path>`, with `*` for any stage, written out for this stage:
 * a policy in a file serves every stage. Anything else is given back as it is. API Gateway's resource
 * policies have the same short form.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
 */
export function writtenOut(resource: string, stageArn: StageArn): string {
  const short = SHORT_FORM.exec(resource);
  if (!short) return resource;
  const own = stageArn.slice(stageArn.lastIndexOf("/") + 1);
  const named = short.groups?.stage;
  return named === own || named === "*" ? `${stageArn}/${resource.slice(short[0].length)}` : resource;
}

/** One policy that says what all of them say. Denies everything when there is none. */
export function merged(policies: readonly PolicyDocument[], stageArn: StageArn): PolicyDocument {
  const statements = policies.flatMap(({ Statement }) => Statement);
  return statements.length === 0
    ? denyAll(stageArn)
    : { Version: "2012-10-17", Statement: statements.map(({ Sid, ...statement }) => statement) };
}

export function denyAll(stageArn: StageArn): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Deny", Action: INVOKE, Resource: `${stageArn}/*` }],
  };
}
