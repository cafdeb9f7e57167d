import type { Finding } from "../domain/refusal.ts";
import type { ValidationFinding } from "../generated/validator.d.ts";

/** A request that is not what its schema says, or is too large to be looked at. */
export class InvalidRequest extends Error {
  readonly code: "invalid-body" | "invalid-parameters" | "request-too-large" | "unsupported-media-type";
  readonly findings: readonly Finding[];

  constructor(code: InvalidRequest["code"], detail: string, findings: readonly Finding[] = []) {
    super(detail);
    this.name = "InvalidRequest";
    this.code = code;
    this.findings = findings;
  }
}

/** Enough to mend a request by; a hostile body could make thousands. */
const MOST_FINDINGS = 20;

/** A validator's findings as JSON pointers (RFC 6901) in URI fragment form, `#/fare/amount`. */
export function describeFindings(findings: readonly ValidationFinding[] | null | undefined): Finding[] {
  return (findings ?? []).slice(0, MOST_FINDINGS).map(({ instancePath, keyword, params, message }) => {
    if (keyword === "required")
      return { pointer: memberPointer(instancePath, params.missingProperty), detail: "is required" };
    if (keyword === "additionalProperties")
      return { pointer: memberPointer(instancePath, params.additionalProperty), detail: "is unknown" };
    if (keyword === "enum")
      return { pointer: `#${instancePath}`, detail: `must be one of ${params.allowedValues}` };
    return { pointer: `#${instancePath}`, detail: message ?? keyword };
  });
}

/** JSON pointer to a member of what `path` points to; a caller's own name is cut short. */
export function memberPointer(path: string, name: unknown): string {
  return `#${path}/${String(name).slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
