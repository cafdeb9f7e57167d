import { createHash } from "node:crypto";
import { AwsError } from "../kernel/aws-error.ts";

/** What a signed request says of its signature (AWS4-HMAC-SHA256). */
export interface Authorization {
  readonly accessKeyId: string;
  /** `yyyymmdd` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** In lower case, as they are listed. */
  readonly signedHeaders: readonly string[];
  /** Hexadecimal. */
  readonly signature: string;
}

export const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATION = "aws4_request";
const REQUIRED = ["Credential", "Signature", "SignedHeaders"];

/**
 * Reads an `Authorization` header. Throws IncompleteSignatureException for one that is no signature.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function parseAuthorization(header: string): Authorization {
  const [algorithm = "", ...rest] = header.trim().split(/\s+/);
  const fields = new Map(
    rest
      .join("")
      .split(",")
      .filter((field) => field !== "")
      .map((field) => keyAndValue(field)),
  );
  const missing = REQUIRED.filter((name) => !fields.get(name));
  if (algorithm !== ALGORITHM || missing.length > 0) throw incomplete(missing, header);
  const scope = (fields.get("Credential") ?? "").split("/");
  const [accessKeyId, date, region, service, termination] = scope;
  if (!accessKeyId || !date || !region || !service || scope.length !== 5 || termination !== TERMINATION)
    throw new AwsError(
      "IncompleteSignatureException",
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term",
    );
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (fields.get("SignedHeaders") ?? "").split(";"),
    signature: fields.get("Signature") ?? "",
  };
}

function keyAndValue(field: string): readonly [string, string] {
  const at = field.indexOf("=");
  if (at < 0)
    throw new AwsError(
      "IncompleteSignatureException",
      `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hashed(field)}'.`,
    );
  return [field.slice(0, at), field.slice(at + 1)];
}

function incomplete(missing: readonly string[], header: string): AwsError {
  const wanted = missing.map((name) => `Authorization header requires '${name}' parameter. `).join("");
  return new AwsError(
    "IncompleteSignatureException",
    `${wanted}(Hashed with SHA-256 and encoded with Base64) Authorization=${hashed(header)}`,
  );
}

/** AWS repeats what it could not read, but not in clear: it may be a secret of another kind. */
function hashed(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
