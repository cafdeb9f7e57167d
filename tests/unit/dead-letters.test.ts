import { describe, expect, it } from "@jest/globals";
import { headOf, payloadOf } from "../../scripts/dead-letters/dead-letter.ts";

const letter = (body: unknown, attributes: Record<string, string> = {}) => ({
  text: JSON.stringify(body),
  attributes,
});

describe("a dead letter", () => {
  const event = { detail: { id: "evt_1", type: "flight.created" } };

  it("of Lambda's is given as what the function was given, any other as it is", () => {
    expect(payloadOf(letter({ requestContext: {}, requestPayload: event }))).toEqual(event);
    expect(payloadOf(letter(event))).toEqual(event);
    expect(payloadOf({ text: "{" })).toBe("{");
  });

  it.each([
    ["refused", letter(event, { reason: "stale", eventId: "evt_1", eventType: "flight.created" }), "stale"],
    [
      "by EventBridge",
      letter(event, { ERROR_CODE: "NO_PERMISSIONS", ERROR_MESSAGE: "no" }),
      "NO_PERMISSIONS: no",
    ],
    [
      "by Lambda",
      letter({
        requestContext: { condition: "RetriesExhausted" },
        requestPayload: event,
        responsePayload: { errorMessage: "down" },
      }),
      "RetriesExhausted: down",
    ],
    ["that says nothing", letter(event), "it does not say"],
  ])("%s says why it is there and what it is about", (_by, found, reason) => {
    expect(headOf(found)).toEqual({ reason, about: "flight.created evt_1" });
  });

  it("of the outbox, of a stream and of a delivery says so", () => {
    expect(headOf(letter({ key: "ten_1#evt_1" }, { reason: "too-large" }))).toEqual({
      reason: "too-large",
      about: "ten_1#evt_1",
    });
    expect(headOf(letter({ DDBStreamBatchInfo: {} })).reason).toBe("a batch of the stream was given up");
    expect(headOf(letter({ tenantId: "ten_1", deliveryId: "dlv_1" }, { reason: "no-room" }))).toEqual({
      reason: "no-room",
      about: "ten_1 dlv_1",
    });
  });
});
