import { HeaderFields, type HttpResponse } from "../http-message.ts";
import type { MockIntegration } from "../rest-api.ts";

/** Answers by itself, as Serverless's `cors` lets OPTIONS be answered. */
export function mock({ status, headers, contentType, body }: MockIntegration): HttpResponse {
  return { status, headers: new HeaderFields([["Content-Type", contentType], ...headers]), body };
}
