import { AwsError } from "../kernel/aws-error.ts";
import { invalidParameter } from "./errors.ts";
import type { Input } from "./input.ts";
import { type PasswordPolicy, readPasswordPolicy } from "./password-policy.ts";

export type TriggerVersion = "V1_0" | "V2_0" | "V3_0";
type PoolTier = "LITE" | "ESSENTIALS" | "PLUS";

interface PreTokenGenerationTrigger {
  readonly lambdaArn: string;
  readonly version: TriggerVersion;
}

/** The settings of a pool that the local Cognito acts on. */
export interface PoolSettings {
  readonly preTokenGeneration?: PreTokenGenerationTrigger;
  readonly passwordPolicy: PasswordPolicy;
  /** Attributes that users sign in with in place of a username; fixed when the pool is created. */
  readonly usernameAttributes: readonly string[];
  /** Attributes that users may sign in with beside their username; fixed when the pool is created. */
  readonly aliasAttributes: readonly string[];
  readonly caseSensitive: boolean;
  /** Names as in user records, `custom:` included; fixed when the pool is created. */
  readonly customAttributes: readonly string[];
  readonly requiredAttributes: readonly string[];
  readonly deletionProtected: boolean;
}

const VERSIONS: readonly TriggerVersion[] = ["V1_0", "V2_0", "V3_0"];
const TIERS: readonly PoolTier[] = ["LITE", "ESSENTIALS", "PLUS"];

/**
 * Reads the members of CreateUserPool, which are also the properties of `AWS::Cognito::UserPool`.
 * Throws {@link AwsError}.
 */
export function readPoolSettings(input: Input): PoolSettings {
  const tier = oneOf(input, "UserPoolTier", TIERS) ?? "ESSENTIALS";
  const trigger = readTrigger(input.optionalStructure("LambdaConfig"));
  if (trigger && trigger.version !== "V1_0" && tier === "LITE")
    throw new AwsError(
      "FeatureUnavailableInTierException",
      `Pre token generation ${trigger.version} is not available in the LITE tier.`,
    );
  const schema = input.optionalStructures("Schema", 50) ?? [];
  return {
    ...(trigger && { preTokenGeneration: trigger }),
    passwordPolicy: readPasswordPolicy(
      input.optionalStructure("Policies")?.optionalStructure("PasswordPolicy"),
    ),
    usernameAttributes:
      input.optionalTexts("UsernameAttributes", 2, { oneOf: ["phone_number", "email"] }) ?? [],
    aliasAttributes:
      input.optionalTexts("AliasAttributes", 3, { oneOf: ["phone_number", "email", "preferred_username"] }) ??
      [],
    caseSensitive: input.optionalStructure("UsernameConfiguration")?.optionalFlag("CaseSensitive") ?? false,
    customAttributes: schema.map((attribute) => attribute.text("Name")).flatMap(customAttribute),
    requiredAttributes: schema
      .filter((attribute) => attribute.optionalFlag("Required"))
      .map((attribute) => attribute.text("Name")),
    deletionProtected:
      input.optionalText("DeletionProtection", { oneOf: ["ACTIVE", "INACTIVE"] }) === "ACTIVE",
  };
}

/**
 * `PreTokenGenerationConfig` names function and version; the older `PreTokenGeneration` is version one.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_LambdaConfigType.html
 */
function readTrigger(config: Input | undefined): PreTokenGenerationTrigger | undefined {
  const plain = config?.optionalText("PreTokenGeneration", { longest: 2048 });
  const versioned = config?.optionalStructure("PreTokenGenerationConfig");
  if (!versioned) return plain === undefined ? undefined : { lambdaArn: plain, version: "V1_0" };
  const lambdaArn = versioned.text("LambdaArn", { longest: 2048 });
  const version = oneOf(versioned, "LambdaVersion", VERSIONS);
  if (!version) throw invalidParameter("LambdaVersion is required in PreTokenGenerationConfig");
  if (plain !== undefined && plain !== lambdaArn)
    throw invalidParameter("PreTokenGeneration and PreTokenGenerationConfig must name the same Lambda ARN");
  return { lambdaArn, version };
}

/** Standard attributes may be listed in a schema too, to make them required. */
function customAttribute(name: string): string[] {
  return STANDARD_ATTRIBUTES.has(name) ? [] : [`custom:${name}`];
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html */
export const STANDARD_ATTRIBUTES: ReadonlySet<string> = new Set([
  "sub",
  "name",
  "given_name",
  "family_name",
  "middle_name",
  "nickname",
  "preferred_username",
  "profile",
  "picture",
  "website",
  "email",
  "email_verified",
  "gender",
  "birthdate",
  "zoneinfo",
  "locale",
  "phone_number",
  "phone_number_verified",
  "address",
  "updated_at",
]);

function oneOf<T extends string>(input: Input, member: string, allowed: readonly T[]): T | undefined {
  const text = input.optionalText(member, { oneOf: allowed });
  return allowed.find((candidate) => candidate === text);
}
