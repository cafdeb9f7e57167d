/** Every sign-in by the SDK gives it, and the sign-in page to a client that may have it; no machine can get it. */
export const PERSON_SCOPE = "aws.cognito.signin.user.admin";

/** One of the provider's people, as a verified access token names them. */
export interface Person {
  readonly sub: string;
  readonly username: string;
  /** Names of the Cognito groups, as they were when the token was issued. */
  readonly groups: ReadonlySet<string>;
  /** Qualified scopes; `aws.cognito.signin.user.admin` after a sign-in by the SDK. */
  readonly scopes: ReadonlySet<string>;
  /** `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
}
