import { invalidParameter } from "./errors.ts";
import type { Input } from "./input.ts";

/** How long a client's tokens live, in milliseconds. */
export interface TokenValidity {
  readonly accessToken: number;
  readonly idToken: number;
  readonly refreshToken: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: Readonly<Record<string, number>> = { seconds: 1000, minutes: MINUTE, hours: HOUR, days: DAY };

const MOST = 315_360_000;

/**
 * Reads `AccessTokenValidity`, `IdTokenValidity`, `RefreshTokenValidity` and `TokenValidityUnits`.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
 */
export function readTokenValidity(input: Input): TokenValidity {
  const units = input.optionalStructure("TokenValidityUnits");
  const read = (token: string, defaultUnit: string, shortest: number, longest: number) => {
    const unit = units?.optionalText(token, { oneOf: Object.keys(UNITS) }) ?? defaultUnit;
    const value = input.optionalInteger(`${token}Validity`, 0, MOST);
    // Zero is how the API spells "the default".
    if (!value) return undefined;
    const milliseconds = value * (UNITS[unit] ?? HOUR);
    if (milliseconds < shortest || milliseconds > longest)
      throw invalidParameter(`Invalid range for token validity.`);
    return milliseconds;
  };
  return {
    accessToken: read("AccessToken", "hours", 5 * MINUTE, DAY) ?? HOUR,
    idToken: read("IdToken", "hours", 5 * MINUTE, DAY) ?? HOUR,
    refreshToken: read("RefreshToken", "days", HOUR, 3650 * DAY) ?? 30 * DAY,
  };
}
