import type { Context } from "aws-lambda";
import type { Step } from "./gate.ts";

/**
 * Header names in lower case. API Gateway passes names as the client wrote them, and they mean the same
 * in any case (RFC 9110, section 5.1).
 */
export function normalizeHeaders<C extends Context>(): Step<C> {
  return {
    before: function normalizeHeadersBefore({ event }) {
      const headers: Record<string, string | undefined> = {};
      for (const name in event.headers) headers[name.toLowerCase()] = event.headers[name];
      event.headers = headers;
    },
  };
}
