import { AwsError } from "../kernel/aws-error.ts";
import type { EncryptionContext } from "./ciphertext.ts";

export type Body = Readonly<Record<string, unknown>>;

export function parseBody(body: Buffer): Body {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
      return Object.fromEntries(Object.entries(parsed));
  } catch {
    // answered below, like any other body that is no object
  }
  throw new AwsError("SerializationException", "The request body is not a JSON object");
}

export function textOf(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(`Value null at '${name}' failed to satisfy constraint: Member must not be null`);
}

/** @param most bytes */
export function bytesOf(value: unknown, name: string, most: number): Buffer {
  const bytes = Buffer.from(textOf(value, name), "base64");
  if (bytes.length < 1 || bytes.length > most)
    throw invalid(
      `Value at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
    );
  return bytes;
}

export function contextOf(value: unknown): EncryptionContext {
  if (value === undefined || value === null) return {};
  const pairs = typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : undefined;
  if (!pairs?.every((pair): pair is [string, string] => typeof pair[1] === "string"))
    throw invalid("Value at 'encryptionContext' failed to satisfy constraint: Member must be a map of texts");
  return Object.fromEntries(pairs);
}

/** Bytes of a data key: `AES_256`, `AES_128`, or a number of them. */
export function dataKeyBytes({ KeySpec, NumberOfBytes }: Body): number {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined))
    throw new AwsError("ValidationException", "Please specify either number of bytes or key spec.");
  if (KeySpec === "AES_256") return 32;
  if (KeySpec === "AES_128") return 16;
  if (
    typeof NumberOfBytes === "number" &&
    Number.isInteger(NumberOfBytes) &&
    NumberOfBytes >= 1 &&
    NumberOfBytes <= 1024
  )
    return NumberOfBytes;
  throw invalid(
    "Value at 'numberOfBytes' failed to satisfy constraint: Member must have value between 1 and 1024",
  );
}

function invalid(constraint: string): AwsError {
  return new AwsError("ValidationException", `1 validation error detected: ${constraint}`);
}
