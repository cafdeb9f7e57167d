/** An IAM policy document as CloudFormation writes it, intrinsics resolved. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * Who signed a request.
 * `account`: an access key that the local STS did not issue; may do everything, as the account's
 * administrator may. `session`: temporary credentials of a role; may do what the role's policies allow.
 * `anonymous`: unsigned.
 */
export type Caller =
  | { readonly kind: "anonymous" }
  | { readonly kind: "account"; readonly accountId: string; readonly arn: string }
  | RoleSession;

export interface RoleSession {
  readonly kind: "session";
  readonly accountId: string;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>` */
  readonly arn: string;
  readonly roleArn: string;
  readonly roleName: string;
  readonly sessionName: string;
  /** Session tags: `aws:PrincipalTag/<key>`. */
  readonly tags: Readonly<Record<string, string>>;
  /** The role's inline policies; all are evaluated together. */
  readonly policies: readonly PolicyDocument[];
  /** The role's permissions boundary: it must allow a request as well. */
  readonly boundary?: PolicyDocument;
  /** Policies passed to AssumeRole: if there are any, one of them must allow a request as well. */
  readonly sessionPolicies?: readonly PolicyDocument[];
  /** Keys of the tags that it hands on to the sessions which it starts. */
  readonly transitiveTagKeys?: readonly string[];
  readonly expiresAt: number;
}
