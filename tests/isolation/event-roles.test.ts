import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { KmsKeyUnwrapper } from "../../src/aws/kms/kms-key-unwrapper.ts";
import { KmsSigner } from "../../src/aws/kms/kms-signer.ts";
import type { DomainEvent } from "../../src/domain/messaging/domain-event.ts";
import type { Producer } from "../../src/domain/messaging/event-type.ts";
import { readConsumerKeys } from "../../src/domain/messaging/key-lists.ts";
import { openEvent } from "../../src/domain/messaging/open-event.ts";
import { CONSUMER, deployedMessaging, environmentOf, RELAY } from "../support/deployed-messaging.ts";
import { TENANTS } from "../support/event-cases.ts";
import { someEvent } from "../support/event-world.ts";
import { startInProcessAws } from "../support/in-process-aws.ts";
import { compiledStack } from "../support/template.ts";

let aws: LocalAws;
let messaging: ReturnType<typeof deployedMessaging>;
beforeAll(async () => {
  aws = await startInProcessAws();
  messaging = deployedMessaging(aws);
});
afterAll(() => aws.close());

const FUNCTIONS = compiledStack()
  .resources("AWS::Lambda::Function")
  .map(({ logicalId }) => logicalId);
const denied = { name: "AccessDeniedException" };

describe.each(FUNCTIONS)("%s", (name) => {
  const producers = Object.keys(RELAY) as Producer[];

  it.each(producers.filter((producer) => RELAY[producer] !== name))(
    "cannot put events on the bus as %s, nor sign or encrypt as it",
    async (producer) => {
      const EventBusName = environmentOf(RELAY[producer]).MESSAGE_BUS;
      const entry = { EventBusName, Source: producer, DetailType: "flight.deleted", Detail: "{}" };
      const bridge = new EventBridgeClient(messaging.as(name));
      await expect(bridge.send(new PutEventsCommand({ Entries: [entry] }))).rejects.toMatchObject(denied);
      await expect(messaging.signerOf(producer, name).sign(Buffer.from("x"))).rejects.toMatchObject(denied);
      const type = producer === "gatehouse.hooks" ? "hook.received" : "flight.deleted";
      const wrapped = messaging.wrapperOf(producer, name).wrapNew({ tenantId: TENANTS[0], type }, ["audit"]);
      await expect(wrapped).rejects.toMatchObject(denied);
    },
  );

  if (name !== CONSUMER)
    it("cannot read what is encrypted for the audit trail", async () => {
      const forge = await messaging.forge();
      const sealed = await forge.seal(someEvent(0, TENANTS[0]));
      const keys = new KmsKeyUnwrapper(new KMSClient(messaging.as(name)));
      const keyId = environmentOf(CONSUMER).DECRYPTION_KEY ?? "";
      await expect(openEvent(sealed, { consumer: "audit", keyId, keys })).rejects.toMatchObject(denied);
    });
});

describe("the account's administrators", () => {
  it("neither put events on the bus, nor sign, nor read", async () => {
    const forge = await messaging.forge();
    const event: DomainEvent = someEvent(0, TENANTS[0]);
    const sealed = await forge.seal(event);
    const EventBusName = environmentOf(RELAY["gatehouse.airline"]).MESSAGE_BUS;
    const entry = {
      EventBusName,
      Source: sealed.source,
      DetailType: sealed.type,
      Detail: JSON.stringify(sealed),
    };
    const kms = new KMSClient(messaging.as(undefined));
    await expect(
      new EventBridgeClient(messaging.as(undefined)).send(new PutEventsCommand({ Entries: [entry] })),
    ).rejects.toMatchObject(denied);
    await expect(
      new KmsSigner(kms, environmentOf(RELAY["gatehouse.airline"]).SIGNING_KEY ?? "").sign(Buffer.from("x")),
    ).rejects.toMatchObject(denied);
    const keyId = environmentOf(CONSUMER).DECRYPTION_KEY ?? "";
    const recipient = { consumer: "audit", keyId, keys: new KmsKeyUnwrapper(kms) } as const;
    await expect(openEvent(sealed, recipient)).rejects.toMatchObject(denied);
  });
});

describe("the audit trail's own role", () => {
  it("reads under its own name and of events that are encrypted for it, and nothing of the webhooks'", async () => {
    const forge = await messaging.forge();
    const sealed = await forge.seal(someEvent(0, TENANTS[0]));
    const keys = new KmsKeyUnwrapper(new KMSClient(messaging.as(CONSUMER)));
    const consumerKeys = readConsumerKeys(environmentOf(RELAY["gatehouse.airline"]).CONSUMER_KEYS ?? "");
    const open = (consumer: "audit" | "webhooks", keyOf: "audit" | "webhooks") =>
      openEvent(sealed, { consumer, keyId: consumerKeys.get(keyOf) ?? "", keys });
    await expect(open("webhooks", "webhooks")).rejects.toMatchObject(denied);
    await expect(open("webhooks", "audit")).rejects.toMatchObject(denied);
    expect((await open("audit", "audit")).type).toBe("flight.deleted");
  });
});
