import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { signingSecrets } from "../../../src/domain/secrets/sealed-secret.ts";
import { secretsAfter } from "../../../src/domain/secrets/secrets-after.ts";
import { newSigningSecret } from "../../../src/domain/secrets/signing-secret.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { deliveryIdOf, isDeliveryId } from "../../../src/domain/webhooks/delivery.ts";
import { newWebhookId, type WebhookEndpoint, wants } from "../../../src/domain/webhooks/endpoint.ts";
import { checkTypes, TOLD_BY_WEBHOOKS } from "../../../src/domain/webhooks/event-types.ts";
import { acceptedWebhook } from "../../../src/domain/webhooks/new-endpoint.ts";
import { MOST_ATTEMPTS, OVERDUE_MILLISECONDS, whyNotAgain } from "../../../src/domain/webhooks/redelivery.ts";

const NOW = Date.parse("2027-03-01T09:00:00.000Z");
const at = (milliseconds: number) => new Date(NOW + milliseconds).toISOString();

const endpoint = (more: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  webhookId: newWebhookId(),
  tenantId: newTenantId(),
  url: "https://hooks.example.com/",
  eventTypes: ["flight.created"],
  status: "active",
  secrets: [{ sealed: "one", createdAt: at(-1000) }],
  createdAt: at(-1000),
  version: 1,
  ...more,
});

describe("a rotation of a webhook's secret", () => {
  it("leaves the old secret signing beside the new one, exactly until the overlap has passed", () => {
    const secrets = secretsAfter(endpoint(), "two", { overlapSeconds: 60, now: NOW });
    const rotated = endpoint({ secrets });
    const signing = (now: number) => signingSecrets(rotated, now).map(({ sealed }) => sealed);
    expect(signing(NOW)).toEqual(["two", "one"]);
    expect(signing(NOW + 59_999)).toEqual(["two", "one"]);
    expect(signing(NOW + 60_000)).toEqual(["two"]);
  });

  it("overlaps for a day when nothing is said", () => {
    const [, old] = secretsAfter(endpoint(), "two", { now: NOW });
    expect(old?.expiresAt).toBe(at(24 * 60 * 60 * 1000));
  });

  it("is refused while two sign, and voids both at once without an overlap", () => {
    const rotating = endpoint({ secrets: secretsAfter(endpoint(), "two", { now: NOW }) });
    expect(() => secretsAfter(rotating, "three", { now: NOW + 1 })).toThrow("still signs until 2027-03-02");
    const leaked = secretsAfter(rotating, "three", { overlapSeconds: 0, now: NOW + 1 });
    expect(leaked).toEqual([{ sealed: "three", createdAt: at(1) }]);
  });

  it("forgets a secret that signs no more", () => {
    const rotated = endpoint({ secrets: secretsAfter(endpoint(), "two", { overlapSeconds: 60, now: NOW }) });
    const again = secretsAfter(rotated, "three", { overlapSeconds: 60, now: NOW + 61_000 });
    expect(again.map(({ sealed }) => sealed)).toEqual(["three", "two"]);
  });
});

describe("an endpoint", () => {
  it("is for the types that it names, and for all of them by *", () => {
    expect(wants(endpoint(), "flight.created")).toBe(true);
    expect(wants(endpoint(), "flight.changed")).toBe(false);
    expect(wants(endpoint({ eventTypes: ["*"] }), "flight.changed")).toBe(true);
  });

  it("has a secret of Standard Webhooks' form, another one each time", () => {
    const [one, two] = [newSigningSecret(), newSigningSecret()];
    expect(one.text).toBe(`whsec_${Buffer.from(one.bytes).toString("base64")}`);
    expect(one.bytes.length).toBe(32);
    expect(one.text).not.toBe(two.text);
  });

  it("cannot want * and more", () => {
    expect(() => checkTypes(["*", "flight.created"])).toThrow("* stands for all types");
    expect(() => checkTypes(["*"])).not.toThrow();
  });

  it("may want exactly the types whose audience are webhooks, as the schemas say", () => {
    for (const name of ["new-webhook", "webhook-changes"]) {
      const file = join(import.meta.dirname, "..", "..", "..", "schemas", `${name}.json`);
      const schema = JSON.parse(readFileSync(file, "utf8"));
      expect([name, schema.properties.eventTypes.items.enum]).toEqual([name, ["*", ...TOLD_BY_WEBHOOKS]]);
    }
    // Nor what happens while a tenant has no endpoint: before it is onboarded, and after it is gone.
    for (const type of ["hook.received", "tenant.onboarded", "tenant.offboarded"])
      expect(TOLD_BY_WEBHOOKS).not.toContain(type);
  });

  it("whose name the DNS does not tell just now is refused as busy, and one that leads inside as invalid", async () => {
    const said = { url: "https://hooks.example.com", eventTypes: ["*" as const] };
    const accept = (resolve: () => Promise<string[]>) =>
      acceptedWebhook({ ...said, eventTypes: ["*"] }, { resolve, loopback: "off" });
    await expect(accept(() => Promise.reject(new Error("SERVFAIL")))).rejects.toMatchObject({ code: "busy" });
    await expect(accept(async () => ["10.1.2.3"])).rejects.toMatchObject({
      code: "invalid",
      findings: [{ pointer: "#/url" }],
    });
    expect(await accept(async () => ["93.184.215.14"])).toEqual({
      ...said,
      url: "https://hooks.example.com/",
    });
  });
});

describe("a delivery", () => {
  it("has the id that follows from its event's, so that an event routed twice makes one", () => {
    const id = deliveryIdOf("evt_01JD0000000000000000000000");
    expect(id).toBe("msg_01JD0000000000000000000000");
    expect(isDeliveryId(id)).toBe(true);
    expect(() => deliveryIdOf("evt_1")).toThrow("no ULID");
  });

  it("is sent again when it is over, or was due long ago, and not while it is to come by itself", () => {
    const delivery = { attempts: [], nextAttemptAt: at(0) };
    for (const status of ["delivered", "failed"] as const)
      expect(whyNotAgain({ ...delivery, status }, NOW)).toBeUndefined();
    const pending = { ...delivery, status: "pending" as const };
    expect(whyNotAgain(pending, NOW + OVERDUE_MILLISECONDS)).toContain("pending");
    expect(whyNotAgain(pending, NOW + OVERDUE_MILLISECONDS + 1)).toBeUndefined();
    expect(whyNotAgain({ ...pending, nextAttemptAt: undefined }, NOW)).toContain("pending");
  });

  it("is not sent again without end", () => {
    const attempts = Array.from({ length: MOST_ATTEMPTS }, () => ({ at: at(0), milliseconds: 1 }));
    expect(whyNotAgain({ status: "failed", attempts }, NOW)).toContain(String(MOST_ATTEMPTS));
  });
});
