import canonicalize from "canonicalize";

/** The one text of a JSON value, whatever its members' order and escapes were (RFC 8785). */
export function canonical(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("only JSON values have a canonical form");
  return text;
}

/** Without padding (RFC 7515 §2). */
export function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}

/**
 * The bytes of a base64url text; undefined for what is not the one text of its bytes: padding, other characters, or
 * bits of the last character that decoders drop.
 */
export function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
