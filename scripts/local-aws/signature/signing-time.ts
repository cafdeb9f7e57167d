import { AwsError } from "../kernel/aws-error.ts";
import type { SignedRequest } from "./canonical-request.ts";

/** `x-amz-date`, else `date`, as `yyyymmddThhmmssZ`. Throws IncompleteSignatureException without either. */
export function signingTime(request: SignedRequest): string {
  const [basic] = request.header("x-amz-date");
  if (basic !== undefined) {
    if (!Number.isNaN(epochOf(basic))) return basic;
    throw new AwsError(
      "IncompleteSignatureException",
      `Date must be in ISO-8601 'basic format'. Got '${basic}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  const date = Date.parse(request.header("date")[0] ?? "");
  if (!Number.isNaN(date)) return basicFormat(date);
  throw new AwsError(
    "IncompleteSignatureException",
    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
  );
}

/**
 * Throws InvalidSignatureException for a time too far from now.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html; the wording is seen,
 * https://github.com/mhart/aws4/issues/118.
 * @param time `yyyymmddThhmmssZ`
 * @param now epoch milliseconds
 */
export function requireCurrent(
  time: string,
  { now, toleranceMinutes }: { readonly now: number; readonly toleranceMinutes: number },
): void {
  const signedAt = epochOf(time);
  const tolerance = toleranceMinutes * 60_000;
  const [earliest, latest] = [now - tolerance, now + tolerance];
  const bound = (limit: number, sign: string) =>
    `${basicFormat(limit)} (${basicFormat(now)} ${sign} ${toleranceMinutes} min.)`;
  if (signedAt < earliest) throw notCurrent(`expired: ${time} is now earlier than ${bound(earliest, "-")}`);
  if (signedAt > latest)
    throw notCurrent(`not yet current: ${time} is still later than ${bound(latest, "+")}`);
}

function notCurrent(why: string): AwsError {
  return new AwsError("InvalidSignatureException", `Signature ${why}`);
}

/** Epoch milliseconds; NaN for what is no such time. */
function epochOf(time: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time);
  if (!parts) return Number.NaN;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function basicFormat(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}
