import { AwsError } from "../kernel/aws-error.ts";
import type { Input } from "./input.ts";

export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly requireLowercase: boolean;
  readonly requireUppercase: boolean;
  readonly requireNumbers: boolean;
  readonly requireSymbols: boolean;
  readonly temporaryPasswordValidityDays: number;
}

/** A policy left out is Cognito's default: eight characters of every kind, temporary ones valid for seven days. */
export function readPasswordPolicy(input: Input | undefined): PasswordPolicy {
  const required = (member: string) => (input ? (input.optionalFlag(member) ?? false) : true);
  return {
    minimumLength: input?.optionalInteger("MinimumLength", 6, 99) ?? 8,
    requireLowercase: required("RequireLowercase"),
    requireUppercase: required("RequireUppercase"),
    requireNumbers: required("RequireNumbers"),
    requireSymbols: required("RequireSymbols"),
    temporaryPasswordValidityDays: input?.optionalInteger("TemporaryPasswordValidityDays", 0, 365) ?? 7,
  };
}

/** The special characters that Cognito counts as symbols; a space counts inside, not at either end. */
const SYMBOL = /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]|(?<=\S) (?=\S)/;

/** Throws {@link AwsError} `InvalidPasswordException`. */
export function checkPassword(password: string, policy: PasswordPolicy): void {
  const rules: readonly [broken: boolean, message: string][] = [
    [password.length < policy.minimumLength, "Password not long enough"],
    [policy.requireLowercase && !/\p{Ll}/u.test(password), "Password must have lowercase characters"],
    [policy.requireUppercase && !/\p{Lu}/u.test(password), "Password must have uppercase characters"],
    [policy.requireNumbers && !/\d/.test(password), "Password must have numeric characters"],
    [policy.requireSymbols && !SYMBOL.test(password), "Password must have symbol characters"],
  ];
  const broken = rules.find(([isBroken]) => isBroken);
  if (broken)
    throw new AwsError("InvalidPasswordException", `Password did not conform with policy: ${broken[1]}`);
}
