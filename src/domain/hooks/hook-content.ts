import { isUtf8 } from "node:buffer";
import type { HookReceived } from "../../generated/events/hook.received.d.ts";

/**
 * Bytes. In base64 it is the most that the event's schema takes; encrypted, signed and in base64 once more it is well
 * below the 256 KB of an EventBridge entry.
 */
export const LARGEST_HOOK = 96 * 1024;
const LARGEST_TEXT = 128 * 1024;

/** What is told of a message's body: its text, or base64 where it is none or where escaping would swell it. */
export function encodedBody(body: Buffer): Pick<HookReceived, "body" | "encoding"> {
  if (isUtf8(body)) {
    const text = body.toString();
    if (Buffer.byteLength(JSON.stringify(text)) <= LARGEST_TEXT) return { body: text, encoding: "utf-8" };
  }
  return { body: body.toString("base64"), encoding: "base64" };
}

const CONTENT_TYPE = /^[\x20-\x7e]{1,256}$/;

/** No scheme signs it, so it is passed on as a hint; what is no header's value of that kind is not. */
export function statedContentType(header: string | undefined): string {
  return header !== undefined && CONTENT_TYPE.test(header) ? header : "application/octet-stream";
}
