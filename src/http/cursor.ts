import { InvalidRequest } from "./invalid-request.ts";

/**
 * A cursor holds a position in a list, a sort key and nothing else: whose list it is always comes from
 * the token, so another tenant's cursor is only a position in one's own list.
 */
export function encodeCursor(position: string | null): string | null {
  return position === null ? null : Buffer.from(position).toString("base64url");
}

/** @param isPosition says whether the text is a position in this list. Throws InvalidRequest. */
export function decodeCursor<Position extends string>(
  cursor: string | undefined,
  isPosition: (text: string) => text is Position,
): Position | undefined {
  if (cursor === undefined) return undefined;
  const position = Buffer.from(cursor, "base64url").toString();
  if (isPosition(position) && encodeCursor(position) === cursor) return position;
  throw new InvalidRequest("invalid-parameters", "The cursor is not one of this list.", [
    { pointer: "#/cursor", detail: "is not valid" },
  ]);
}
