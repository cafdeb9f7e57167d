import { memberOf } from "../../src/domain/member-of.ts";
import { toldOf } from "../../src/domain/messaging/told-of.ts";

/** A message of a queue of dead letters, as it was received. */
export interface DeadLetter {
  readonly messageId: string;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  /** The tenant whose turn it is in a fair queue. */
  readonly groupId: string | undefined;
}

/** Why a message is there, and what it is about; by what it says of itself. */
export interface DeadLetterHead {
  readonly reason: string;
  readonly about: string;
}

/**
 * What a function was to be given. What Lambda gave up lies in a record of the invocation
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html), what EventBridge gave up as it is.
 */
export function payloadOf({ text }: Pick<DeadLetter, "text">): unknown {
  const body = parsed(text);
  return memberOf(body, "requestContext") === undefined ? body : (memberOf(body, "requestPayload") ?? body);
}

export function headOf(letter: Pick<DeadLetter, "text" | "attributes">): DeadLetterHead {
  return { reason: reasonOf(letter), about: aboutOf(letter) };
}

function reasonOf({ text, attributes }: Pick<DeadLetter, "text" | "attributes">): string {
  const body = parsed(text);
  const failure = memberOf(body, "responsePayload");
  const told = [
    attributes.reason,
    attributes.ERROR_CODE,
    memberOf(body, "DDBStreamBatchInfo") === undefined ? undefined : "a batch of the stream was given up",
    memberOf(memberOf(body, "requestContext"), "condition"),
  ].find((reason) => typeof reason === "string");
  const error = [attributes.ERROR_MESSAGE, memberOf(failure, "errorMessage")].find(
    (message) => typeof message === "string",
  );
  return [told ?? "it does not say", error].filter((part) => part !== undefined).join(": ");
}

function aboutOf(letter: Pick<DeadLetter, "text" | "attributes">): string {
  const { eventId = "unknown", eventType = "unknown" } = letter.attributes;
  if (eventId !== "unknown") return `${eventType} ${eventId}`;
  const payload = payloadOf(letter);
  const told = toldOf(payload);
  if (told.eventId !== "unknown") return `${told.eventType} ${told.eventId}`;
  const ids = ["key", "tenantId", "webhookId", "deliveryId"].map((name) => memberOf(payload, name));
  return ids.filter((id) => typeof id === "string").join(" ");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
