import { setTimeout as wait } from "node:timers/promises";
import { AwsError } from "../kernel/aws-error.ts";
import type { InvocationResult, InvokeFunction } from "../kernel/invoke.ts";
import { NO_OVERRIDES, readOverrides, type TokenOverrides } from "./claim-overrides.ts";
import type { TriggerVersion } from "./pool-settings.ts";
import type { Pool } from "./pools.ts";

/** https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html */
export type TriggerSource =
  | "TokenGeneration_Authentication"
  | "TokenGeneration_HostedAuth"
  | "TokenGeneration_NewPasswordChallenge"
  | "TokenGeneration_RefreshTokens"
  | "TokenGeneration_ClientCredentials";

/** For whom tokens are about to be issued, as the trigger is told. */
export interface TokenSubject {
  readonly userName: string;
  readonly userAttributes: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly preferredRole: string | undefined;
}

export interface TokenOccasion {
  readonly source: TriggerSource;
  readonly clientId: string;
  readonly subject: TokenSubject;
  readonly scopes: readonly string[];
  readonly clientMetadata: Readonly<Record<string, string>> | undefined;
}

/** Whether the function's resource policy lets Cognito call it for that pool. */
export type MayInvokeTrigger = (lambdaArn: string, poolId: string) => boolean;

const EVENT_VERSIONS: Readonly<Record<TriggerVersion, string>> = { V1_0: "1", V2_0: "2", V3_0: "3" };

/**
 * A trigger has five seconds to answer and is tried three times,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
 */
export const TRIGGER_TIMEOUT = 5000;
const ATTEMPTS = 3;

/** Calls the pre token generation trigger of a pool and reads what it wants changed. */
export class PreTokenGeneration {
  readonly #invoke: InvokeFunction;
  readonly #mayInvoke: MayInvokeTrigger;
  readonly #region: string;
  readonly #timeout: number;

  /** @param options.timeout milliseconds that the trigger has for one attempt */
  constructor(options: {
    invoke: InvokeFunction;
    mayInvoke: MayInvokeTrigger;
    region: string;
    timeout: number;
  }) {
    this.#invoke = options.invoke;
    this.#mayInvoke = options.mayInvoke;
    this.#region = options.region;
    this.#timeout = options.timeout;
  }

  /**
   * Throws {@link AwsError}: `UserLambdaValidationException` when the function fails,
   * `InvalidLambdaResponseException` when it answers nonsense, `UnexpectedLambdaException` when it
   * cannot be run or does not answer in time.
   */
  async overridesFor(pool: Pool, occasion: TokenOccasion): Promise<TokenOverrides> {
    const trigger = pool.settings.preTokenGeneration;
    if (!trigger || !hears(trigger.version, occasion.source)) return NO_OVERRIDES;
    if (!this.#mayInvoke(trigger.lambdaArn, pool.id)) throw unexpected("AccessDeniedException");
    const event = this.#event(pool, occasion, trigger.version);
    const result = await this.#answer(trigger.lambdaArn, event);
    if ("error" in result)
      throw new AwsError(
        "UserLambdaValidationException",
        `PreTokenGeneration failed with error ${result.error.errorMessage}.`,
      );
    return readOverrides(result.payload, trigger.version);
  }

  async #answer(lambdaArn: string, event: unknown): Promise<InvocationResult> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const stop = new AbortController();
      const timeout = wait(this.#timeout, undefined, { signal: stop.signal }).catch(() => undefined);
      try {
        const result = await Promise.race([this.#invoke(lambdaArn, event), timeout]);
        if (result) return result;
      } catch (error) {
        throw unexpected(error instanceof Error ? error.message : String(error));
      } finally {
        stop.abort();
      }
    }
    throw unexpected("the function did not respond in time");
  }

  #event(
    pool: Pool,
    { source, clientId, subject, scopes, clientMetadata }: TokenOccasion,
    version: TriggerVersion,
  ) {
    return {
      version: EVENT_VERSIONS[version],
      triggerSource: source,
      region: this.#region,
      userPoolId: pool.id,
      userName: subject.userName,
      callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId },
      request: {
        userAttributes: subject.userAttributes,
        groupConfiguration: {
          groupsToOverride: subject.groups,
          iamRolesToOverride: subject.roles,
          preferredRole: subject.preferredRole ?? null,
        },
        ...(version !== "V1_0" && { scopes }),
        ...(clientMetadata && { clientMetadata }),
      },
      response:
        version === "V1_0" ? { claimsOverrideDetails: null } : { claimsAndScopeOverrideDetails: null },
    };
  }
}

/** Only version three hears of machines. */
function hears(version: TriggerVersion, source: TriggerSource): boolean {
  return source !== "TokenGeneration_ClientCredentials" || version === "V3_0";
}

const unexpected = (reason: string) =>
  new AwsError("UnexpectedLambdaException", `PreTokenGeneration invocation failed due to error ${reason}.`);
