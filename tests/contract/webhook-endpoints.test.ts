import { DecryptCommand, EncryptCommand } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { webhookChangesOf } from "../../src/aws/dynamodb/webhook-changes.ts";
import { webhookEndpointsOf } from "../../src/aws/dynamodb/webhook-endpoints.ts";
import { sealWebhookSecret } from "../../src/aws/kms/webhook-secrets.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import { secretsAfter } from "../../src/domain/secrets/secrets-after.ts";
import { newSigningSecret } from "../../src/domain/secrets/signing-secret.ts";
import { newWebhookId, sealingContext, type WebhookEndpoint } from "../../src/domain/webhooks/endpoint.ts";
import { MOST_ENDPOINTS, newEndpoint } from "../../src/domain/webhooks/new-endpoint.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { startWebhooksStack } from "./support/webhooks-stack.ts";

let webhooks: Awaited<ReturnType<typeof startWebhooksStack>>;
let tenant: VerifiedTenant;

beforeAll(async () => {
  webhooks = await startWebhooksStack();
  Object.assign(process.env, webhooks.environmentOf("ManageWebhooks"));
});
afterAll(() => webhooks.close());
beforeEach(() => {
  tenant = someTenant();
});

const changes = () => webhookChangesOf(tenant);
const endpoints = () => webhookEndpointsOf(tenant);
const anEndpoint = (of = tenant, said: object = {}): WebhookEndpoint =>
  newEndpoint(
    { tenantId: of.tenantId, webhookId: newWebhookId() },
    { url: "https://hooks.example.com/", eventTypes: ["flight.created"], ...said },
    "sealed",
  );
const added = async (said: object = {}) => (await changes().add(anEndpoint(tenant, said))).result;

describe("a signing secret", () => {
  const { bytes, text } = newSigningSecret();

  it("is opened by who signs, for its own endpoint, and by nobody else", async () => {
    const endpoint = anEndpoint();
    const CiphertextBlob = Buffer.from(await sealWebhookSecret(endpoint, bytes), "base64");
    const open = (as: string, EncryptionContext: Record<string, string>) =>
      webhooks.kmsOf(as).send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    await expect(open("ManageWebhooks", sealingContext(endpoint))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
    const { Plaintext } = await open("DeliverWebhook", sealingContext(endpoint));
    expect(Buffer.from(Plaintext ?? [])).toEqual(Buffer.from(bytes));
    await expect(open("DeliverWebhook", sealingContext(anEndpoint()))).rejects.toMatchObject({
      name: "InvalidCiphertextException",
    });
  });

  it("is sealed for an endpoint of a tenant or not at all", async () => {
    const KeyId = process.env.WEBHOOK_SECRETS_KEY;
    for (const EncryptionContext of [
      undefined,
      { tenant: tenant.tenantId },
      { tenant: "t", webhookId: "w", more: "m" },
    ])
      await expect(
        webhooks
          .kmsOf("ManageWebhooks")
          .send(new EncryptCommand({ KeyId, Plaintext: bytes, EncryptionContext })),
      ).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("is nowhere in the table in clear, nor in the memory of an Idempotency-Key", async () => {
    const ids = { tenantId: tenant.tenantId, webhookId: newWebhookId() };
    const sealed = await sealWebhookSecret(ids, bytes);
    const said = { url: "https://hooks.example.com/", eventTypes: ["*"] as ["*"] };
    await changes().add(newEndpoint(ids, said, sealed), { id: "create", requestDigest: "digest" });
    const stored = JSON.stringify(await webhooks.itemsOf("data"));
    expect(stored).toContain(ids.webhookId);
    expect(stored).not.toContain(text.slice("whsec_".length));
  });
});

describe("the endpoints of a tenant", () => {
  it("are no more than it may have, however many come at once", async () => {
    for (let number = 1; number < MOST_ENDPOINTS; number += 1) await added();
    const last = await Promise.allSettled([added(), added(), added()]);
    const refused = last.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(refused).toHaveLength(2);
    for (const refusal of refused) expect(refusal).toMatchObject({ code: "conflict" });
    const { items } = await endpoints().list({ limit: 100 });
    expect(items).toHaveLength(MOST_ENDPOINTS);
    await changes().remove(items[0]?.webhookId ?? newWebhookId(), "any");
    await added();
    await expect(added()).rejects.toMatchObject({ code: "conflict" });
  });

  it("are another tenant's to nobody", async () => {
    const { webhookId } = await added();
    const stranger = someTenant();
    await expect(webhookEndpointsOf(stranger).get(webhookId)).rejects.toMatchObject({ code: "not-found" });
    await expect(
      webhookChangesOf(stranger).change(webhookId, { status: "paused" }, "any"),
    ).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(webhookChangesOf(stranger).remove(webhookId, "any")).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(
      webhookChangesOf(stranger).replaceSecrets(await endpoints().get(webhookId), []),
    ).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await webhookEndpointsOf(stranger).list({ limit: 10 })).toEqual({ items: [], next: null });
    await expect(webhookChangesOf(stranger).add(anEndpoint())).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });

  it("are listed oldest first, in pages, and without the item that counts them", async () => {
    const [one, two, three] = [await added(), await added(), await added()];
    const first = await endpoints().list({ limit: 2 });
    expect(first).toEqual({ items: [one, two], next: two.webhookId });
    expect(await endpoints().list({ limit: 2, after: two.webhookId })).toEqual({
      items: [three],
      next: null,
    });
  });

  it("that want a type are found for it, those that name it or want all, be they paused or not", async () => {
    const [named, every, , paused] = [
      await added(),
      await added({ eventTypes: ["*"] }),
      await added({ eventTypes: ["flight.deleted"] }),
      await added(),
    ];
    await changes().change(paused.webhookId, { status: "paused" }, "any");
    const found = await endpoints().wanting("flight.created");
    expect(found.map(({ webhookId }) => webhookId)).toEqual(
      [named, every, paused].map(({ webhookId }) => webhookId),
    );
  });

  it("are added once under an Idempotency-Key, and a second time not under the key of another request", async () => {
    const key = { id: "once", requestDigest: "digest" };
    const first = await changes().add(anEndpoint(), key);
    const second = await changes().add(anEndpoint(), key);
    expect([second.replayed, second.result]).toEqual([true, first.result]);
    await expect(changes().add(anEndpoint(), { ...key, requestDigest: "other" })).rejects.toMatchObject({
      code: "idempotency-key-reused",
    });
    expect((await endpoints().list({ limit: 10 })).items).toHaveLength(1);
  });
});

describe("a change of an endpoint", () => {
  it("of another version than was read is refused and changes nothing", async () => {
    const { webhookId } = await added();
    await changes().change(webhookId, { description: "new" }, [1]);
    await expect(changes().change(webhookId, { description: "newer" }, [1])).rejects.toMatchObject({
      code: "precondition-failed",
    });
    await expect(changes().remove(webhookId, [1])).rejects.toMatchObject({ code: "precondition-failed" });
    expect(await endpoints().get(webhookId)).toMatchObject({ description: "new", version: 2 });
  });

  it("removes a description that is null and leaves what is not named as it is", async () => {
    const before = await added({ description: "old" });
    const after = await changes().change(before.webhookId, { description: null }, "any");
    const { description: _description, ...rest } = before;
    expect(after).toEqual({ ...rest, version: 2 });
  });

  it("to paused says by whom, and to active forgets that and the failures", async () => {
    const { webhookId } = await added();
    const paused = await changes().change(webhookId, { status: "paused" }, "any");
    expect(paused).toMatchObject({ status: "paused", pausedBecause: "Paused by the tenant." });
    const resumed = await changes().change(webhookId, { status: "active" }, "any");
    expect([resumed.status, "pausedBecause" in resumed]).toEqual(["active", false]);
  });
});

describe("a rotation of a secret", () => {
  it("that another one overtook is refused", async () => {
    const read = await added();
    const secrets = secretsAfter(read, "second", { now: Date.now() });
    await changes().replaceSecrets(read, secrets);
    await expect(changes().replaceSecrets(read, secrets)).rejects.toMatchObject({ code: "conflict" });
    expect((await endpoints().get(read.webhookId)).secrets.map(({ sealed }) => sealed)).toEqual([
      "second",
      "sealed",
    ]);
  });
});
