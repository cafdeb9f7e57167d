import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
} from "@aws-sdk/client-kms";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { KmsKeyUnwrapper } from "../../src/aws/kms/kms-key-unwrapper.ts";
import { KmsKeyWrapper } from "../../src/aws/kms/kms-key-wrapper.ts";
import { KmsPublicKeys } from "../../src/aws/kms/kms-public-keys.ts";
import { KmsSigner } from "../../src/aws/kms/kms-signer.ts";
import { DataKeyCache } from "../../src/domain/messaging/data-key-cache.ts";
import type { DomainEvent } from "../../src/domain/messaging/domain-event.ts";
import { verifySignature } from "../../src/domain/messaging/event-signature.ts";
import type { Consumer } from "../../src/domain/messaging/event-type.ts";
import { readConsumerKeys, readTrustedSigners } from "../../src/domain/messaging/key-lists.ts";
import { openEvent } from "../../src/domain/messaging/open-event.ts";
import { readSealedEvent } from "../../src/domain/messaging/read-sealed-event.ts";
import { sealEvent } from "../../src/domain/messaging/seal-event.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { someEvent, someHook } from "../support/event-keys.ts";
import { startEventStack } from "./support/event-stack.ts";
import { type Actor, KEYS, MESSAGING } from "./support/messaging-resources.ts";
import { REGION, ROOT_CREDENTIALS } from "./support/tenant-stack.ts";

let stack: Awaited<ReturnType<typeof startEventStack>>;
beforeAll(async () => {
  stack = await startEventStack(MESSAGING);
});
afterAll(() => stack.close());

const calls: string[] = [];
beforeEach(() => {
  calls.length = 0;
});

/** KMS as a role, or the account itself, sees it; what it is asked is noted. */
function kms(as: Actor | "root"): KMSClient {
  const credentials = as === "root" ? ROOT_CREDENTIALS : stack.aws.identities.forFunction(`${as}Function`);
  const client = new KMSClient({ region: REGION, endpoint: stack.aws.endpoint, credentials, maxAttempts: 1 });
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        calls.push(commandName?.replace("Command", "") ?? "");
        return next(args);
      },
    { step: "initialize" },
  );
  return client;
}

const CONSUMER_KEYS = readConsumerKeys(`audit=${KEYS.audit} webhooks=${KEYS.webhooks}`);
const TRUSTED = readTrustedSigners(`gatehouse.airline=${KEYS.airline} gatehouse.hooks=${KEYS.hooks}`);
const denied = { name: "AccessDeniedException" };

function producer(as: Actor, signingKey: string) {
  const client = kms(as);
  const signer = new KmsSigner(client, signingKey);
  const keys = new DataKeyCache(new KmsKeyWrapper(client, CONSUMER_KEYS));
  return (event: DomainEvent) => sealEvent(event, { signer, keys });
}

function consumer(as: Actor, name: Consumer) {
  const client = kms(as);
  const publicKeys = new KmsPublicKeys(client);
  const recipient = { consumer: name, keyId: KEYS[name], keys: new KmsKeyUnwrapper(client) };
  return async (text: string) => {
    const event = readSealedEvent(JSON.parse(text));
    await verifySignature(event, TRUSTED, publicKeys);
    return openEvent(event, recipient);
  };
}

const context = (changes: Record<string, string> = {}) => ({
  tenant: newTenantId(),
  type: "flight.created",
  consumer: "audit",
  ...changes,
});
const generate = (as: Actor | "root", KeyId: string, EncryptionContext: Record<string, string>) =>
  kms(as).send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256", EncryptionContext }));

describe("a key refuses whom its policy does not name", () => {
  const Message = Buffer.alloc(32, 1);
  const sign = (as: Actor | "root", KeyId: string, MessageType: "DIGEST" | "RAW" = "DIGEST") =>
    kms(as).send(new SignCommand({ KeyId, Message, MessageType, SigningAlgorithm: "ECDSA_SHA_256" }));

  it.each(["root", "Outsider", "Audit", "Webhooks"] as const)("%s does not sign", async (as) => {
    for (const KeyId of [KEYS.airline, KEYS.hooks])
      await expect(sign(as, KeyId)).rejects.toMatchObject(denied);
  });

  it("a relay does not sign with the other's key, nor what is no digest", async () => {
    await expect(sign("Airline", KEYS.hooks)).rejects.toMatchObject(denied);
    await expect(sign("Hooks", KEYS.airline)).rejects.toMatchObject(denied);
    await expect(sign("Airline", KEYS.airline, "RAW")).rejects.toMatchObject(denied);
    expect((await sign("Airline", KEYS.airline)).Signature).toBeDefined();
  });

  it.each(["root", "Outsider", "Airline", "Hooks"] as const)("%s does not decrypt", async (as) => {
    const EncryptionContext = context();
    const { CiphertextBlob } = await generate("Airline", KEYS.audit, EncryptionContext);
    await expect(
      kms(as).send(new DecryptCommand({ CiphertextBlob, EncryptionContext })),
    ).rejects.toMatchObject(denied);
  });

  it("a consumer does not decrypt with the other's key", async () => {
    const EncryptionContext = context();
    const { CiphertextBlob } = await generate("Airline", KEYS.audit, EncryptionContext);
    const decrypt = (as: Actor) => kms(as).send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    await expect(decrypt("Webhooks")).rejects.toMatchObject(denied);
    expect((await decrypt("Audit")).Plaintext).toHaveLength(32);
  });

  it.each(["root", "Outsider", "Audit", "Webhooks"] as const)("%s does not encrypt", async (as) => {
    await expect(generate(as, KEYS.audit, context())).rejects.toMatchObject(denied);
    const Plaintext = Buffer.alloc(32);
    const EncryptionContext = context();
    await expect(
      kms(as).send(new EncryptCommand({ KeyId: KEYS.audit, Plaintext, EncryptionContext })),
    ).rejects.toMatchObject(denied);
  });

  it.each<[string, Actor, string, Record<string, string>]>([
    ["for the wrong consumer", "Airline", KEYS.audit, context({ consumer: "webhooks" })],
    ["without a context", "Airline", KEYS.audit, {}],
    ["without a tenant", "Airline", KEYS.audit, { type: "flight.created", consumer: "audit" }],
    ["with more than the context", "Airline", KEYS.audit, context({ more: "1" })],
    ["what is the hooks' to say", "Airline", KEYS.audit, context({ type: "hook.received" })],
    ["what is the airline's to say", "Hooks", KEYS.audit, context()],
    [
      "for a consumer that reads none of its events",
      "Hooks",
      KEYS.webhooks,
      context({ consumer: "webhooks", type: "hook.received" }),
    ],
  ])("a relay does not encrypt %s", async (_what, as, key, wrong) => {
    await expect(generate(as, key, wrong)).rejects.toMatchObject(denied);
  });

  it.each(["Outsider", "root"] as const)("%s does not even read a public key", async (as) => {
    await expect(kms(as).send(new GetPublicKeyCommand({ KeyId: KEYS.airline }))).rejects.toMatchObject(
      denied,
    );
  });
});

describe("an event sealed with KMS", () => {
  it("is believed and read by each consumer of its audience", async () => {
    const event = someEvent();
    const text = JSON.stringify(await producer("Airline", KEYS.airline)(event));
    expect(await consumer("Audit", "audit")(text)).toEqual(event);
    expect(await consumer("Webhooks", "webhooks")(text)).toEqual(event);
  });

  it("of the hooks is read by audit, and is refused to webhooks as wrong-recipient", async () => {
    const hook = someHook();
    const text = JSON.stringify(await producer("Hooks", KEYS.hooks)(hook));
    expect(await consumer("Audit", "audit")(text)).toEqual(hook);
    await expect(consumer("Webhooks", "webhooks")(text)).rejects.toMatchObject({ reason: "wrong-recipient" });
  });

  it("by a role that its key's policy does not name is not sealed at all", async () => {
    await expect(producer("Outsider", KEYS.airline)(someEvent())).rejects.toMatchObject(denied);
    await expect(producer("Hooks", KEYS.airline)(someHook())).rejects.toMatchObject(denied);
  });

  it("in the name of the other producer is refused as foreign-signer", async () => {
    const event = { ...someHook(), source: "gatehouse.hooks" } as const;
    const hooks = producer("Hooks", KEYS.hooks);
    const sealed = await hooks(event);
    const renamed = {
      ...sealed,
      source: "gatehouse.airline",
      type: "flight.deleted",
      dataschema: sealed.dataschema,
    };
    const text = JSON.stringify({ ...renamed, dataschema: "urn:gatehouse:events:flight.deleted:1" });
    await expect(consumer("Audit", "audit")(text)).rejects.toMatchObject({ reason: "foreign-signer" });
  });

  it("costs KMS a signature each, and the rest once for all", async () => {
    const tenantId = newTenantId();
    const seal = producer("Airline", KEYS.airline);
    const texts: string[] = [];
    for (let number = 0; number < 5; number += 1) texts.push(JSON.stringify(await seal(someEvent(tenantId))));
    expect(calls.sort()).toEqual(["Encrypt", "GenerateDataKey", "Sign", "Sign", "Sign", "Sign", "Sign"]);
    calls.length = 0;
    const read = consumer("Audit", "audit");
    await Promise.all(texts.map(read));
    for (const text of texts) await read(text);
    expect(calls.sort()).toEqual(["Decrypt", "GetPublicKey"]);
  });
});

describe("a wrapped key", () => {
  const tenantId = newTenantId();
  const scope = { tenantId, type: "flight.created" } as const;
  const wrap = () => new KmsKeyWrapper(kms("Airline"), CONSUMER_KEYS).wrapNew(scope, ["audit", "webhooks"]);

  it("is refused as undecryptable for another tenant, another type, or when a bit of it is another", async () => {
    const [wrapped] = (await wrap()).wrapped;
    if (!wrapped) throw new Error("nothing was wrapped");
    const keys = new KmsKeyUnwrapper(kms("Audit"));
    const asAudit = { ...scope, consumer: "audit" } as const;
    const flipped = Uint8Array.from(wrapped.encryptedKey);
    flipped[60] = (flipped[60] ?? 0) ^ 1;
    const undecryptable = { name: "EventRefusal", reason: "undecryptable" };
    for (const round of ["KMS is asked", "what was right is in the cache"]) {
      for (const wrong of [{ tenantId: newTenantId() }, { type: "flight.deleted" as const }])
        await expect(keys.unwrap(wrapped, { ...asAudit, ...wrong })).rejects.toMatchObject(undecryptable);
      await expect(keys.unwrap({ ...wrapped, encryptedKey: flipped }, asAudit)).rejects.toMatchObject(
        undecryptable,
      );
      expect({ round, key: (await keys.unwrap(wrapped, asAudit)).type }).toEqual({ round, key: "secret" });
    }
  });

  it("is refused for another consumer by KMS itself, and by another key as undecryptable", async () => {
    const { wrapped } = await wrap();
    const [forAudit, forWebhooks] = wrapped;
    if (!forAudit || !forWebhooks) throw new Error("nothing was wrapped");
    const keys = new KmsKeyUnwrapper(kms("Audit"));
    await expect(keys.unwrap(forAudit, { ...scope, consumer: "webhooks" })).rejects.toMatchObject(denied);
    await expect(keys.unwrap(forWebhooks, { ...scope, consumer: "audit" })).rejects.toMatchObject(denied);
    const nonsense = { ...forAudit, encryptedKey: Buffer.from("nonsense") };
    await expect(keys.unwrap(nonsense, { ...scope, consumer: "audit" })).rejects.toMatchObject({
      reason: "undecryptable",
    });
  });

  it("that KMS could not be asked for is no refusal, and is asked for again", async () => {
    const [wrapped] = (await wrap()).wrapped;
    if (!wrapped) throw new Error("nothing was wrapped");
    const client = kms("Audit");
    let down = true;
    client.middlewareStack.add(
      (next) => (args) =>
        down
          ? Promise.reject(Object.assign(new Error("slow down"), { name: "ThrottlingException" }))
          : next(args),
      { step: "finalizeRequest" },
    );
    const keys = new KmsKeyUnwrapper(client);
    const asAudit = { ...scope, consumer: "audit" } as const;
    await expect(keys.unwrap(wrapped, asAudit)).rejects.toMatchObject({ name: "ThrottlingException" });
    down = false;
    expect((await keys.unwrap(wrapped, asAudit)).extractable).toBe(false);
  });

  it("is not made when there is no key of a consumer", async () => {
    const lacking = new KmsKeyWrapper(kms("Airline"), readConsumerKeys(`audit=${KEYS.audit}`));
    await expect(lacking.wrapNew(scope, ["audit", "webhooks"])).rejects.toThrow(
      "no key to encrypt with for webhooks",
    );
    await expect(lacking.wrapNew(scope, [])).rejects.toThrow("nobody reads");
  });
});

describe("a public key", () => {
  it("is read once, however many ask at a time; one of another kind is none, and is asked for again", async () => {
    const keys = new KmsPublicKeys(kms("Audit"));
    await Promise.all(Array.from({ length: 8 }, () => keys.of(KEYS.airline)));
    expect(calls).toEqual(["GetPublicKey"]);
    await expect(keys.of(KEYS.audit)).rejects.toThrow();
    await expect(keys.of(KEYS.audit)).rejects.toThrow();
    expect(calls).toHaveLength(3);
  });
});
