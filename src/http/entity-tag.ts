import type { APIGatewayProxyEvent } from "aws-lambda";
import type { ExpectedVersion } from "../domain/entity-version.ts";
import { Refusal } from "../domain/refusal.ts";
import { InvalidRequest } from "./invalid-request.ts";

const TAG_LIST = /^(?:W\/)?"[^"]{0,64}"(?:\s*,\s*(?:W\/)?"[^"]{0,64}"){0,9}$/;
const STRONG_VERSION = /^"([1-9]\d{0,14})"$/;

/** A version as an entity tag: `3` → `"3"`. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * The versions that `If-Match` allows. A weak tag or one that we never gave matches nothing (RFC 9110,
 * section 13.1.1). Throws a Refusal `precondition-required` without the header.
 */
export function expectedVersion(event: APIGatewayProxyEvent): ExpectedVersion {
  const header = event.headers["if-match"]?.trim();
  if (header === undefined)
    throw new Refusal(
      "precondition-required",
      "Send If-Match with the ETag of the version that you have read.",
    );
  if (header === "*") return "any";
  if (!TAG_LIST.test(header))
    throw new InvalidRequest("invalid-parameters", "If-Match must be * or entity tags in quotes.", [
      { pointer: "#/if-match", detail: "is not valid" },
    ]);
  return header.split(",").flatMap((tag) => {
    const version = STRONG_VERSION.exec(tag.trim())?.[1];
    return version ? [Number(version)] : [];
  });
}

/** Whether `If-None-Match` says that the caller has this version already (weak comparison). */
export function isKnown(event: APIGatewayProxyEvent, version: number): boolean {
  const header = event.headers["if-none-match"];
  if (header === undefined) return false;
  return (
    header.trim() === "*" ||
    header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === entityTag(version))
  );
}
