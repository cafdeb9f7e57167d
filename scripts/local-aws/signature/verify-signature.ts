import { timingSafeEqual } from "node:crypto";
import { AwsError } from "../kernel/aws-error.ts";
import { ALGORITHM, type Authorization } from "./authorization-header.ts";
import { canonicalRequest, type SignedRequest, sha256 } from "./canonical-request.ts";
import { credentialScope, hmac, signingKey } from "./signing-key.ts";
import { requireCurrent, signingTime } from "./signing-time.ts";

/** What a request must be signed for. */
export interface Expected {
  readonly secretAccessKey: string;
  readonly region: string;
  /** e.g. `execute-api` */
  readonly service: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** How far the request's time may be from `now`. */
  readonly toleranceMinutes: number;
}

const DOES_NOT_MATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/**
 * Verifies a signature of version 4 in the `Authorization` header. Throws InvalidSignatureException or
 * IncompleteSignatureException as AWS words them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export function verifySignature(
  request: SignedRequest,
  authorization: Authorization,
  expected: Expected,
): void {
  const time = signingTime(request);
  requireCurrent(time, expected);
  requireScope(authorization, time, expected);
  if (!authorization.signedHeaders.includes("host"))
    throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  const canonical = canonicalRequest(request, authorization.signedHeaders);
  const toSign = [ALGORITHM, time, credentialScope(authorization), sha256(canonical)].join("\n");
  const signature = hmac(signingKey(expected.secretAccessKey, authorization), toSign);
  if (!sameText(signature.toString("hex"), authorization.signature))
    throw invalid(
      `${DOES_NOT_MATCH}\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${toSign}'\n`,
    );
}

function requireScope({ date, region, service }: Authorization, time: string, expected: Expected): void {
  if (region !== expected.region)
    throw invalid(`Credential should be scoped to a valid region, not '${region}'. `);
  if (service !== expected.service)
    throw invalid(`Credential should be scoped to correct service: '${expected.service}'. `);
  const day = time.slice(0, "yyyymmdd".length);
  if (date !== day)
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${day}', from '${time}'.`,
    );
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidSignatureException", message);
}

function sameText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
