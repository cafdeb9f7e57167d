import { randomInt } from "node:crypto";

const LOWER_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789";
const ALPHANUMERIC = `ABCDEFGHIJKLMNOPQRSTUVWXYZ${LOWER_ALPHANUMERIC}`;

/** An identifier as API Gateway makes them: lower-case letters and digits. */
export function newId(length: number): string {
  return draw(LOWER_ALPHANUMERIC, length);
}

/** A generated key value: 40 letters and digits. */
export function newKeyValue(): string {
  return draw(ALPHANUMERIC, 40);
}

function draw(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
