import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { AuditLog } from "../../src/aws/dynamodb/audit-log.ts";
import { KmsKeyUnwrapper } from "../../src/aws/kms/kms-key-unwrapper.ts";
import { KmsKeyWrapper } from "../../src/aws/kms/kms-key-wrapper.ts";
import { KmsSigner } from "../../src/aws/kms/kms-signer.ts";
import type { AuditRecord } from "../../src/domain/audit.ts";
import { auditedEvent } from "../../src/domain/messaging/audited-event.ts";
import { DataKeyCache } from "../../src/domain/messaging/data-key-cache.ts";
import type { DomainEvent } from "../../src/domain/messaging/domain-event.ts";
import type { Producer } from "../../src/domain/messaging/event-type.ts";
import { readConsumerKeys } from "../../src/domain/messaging/key-lists.ts";
import type { KeyScope, KeyWrapper } from "../../src/domain/messaging/key-ports.ts";
import { openEvent } from "../../src/domain/messaging/open-event.ts";
import { sealEvent } from "../../src/domain/messaging/seal-event.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { LEASE } from "../../src/events/consumer-ports.ts";
import { type Case, type Forge, KINDS, made, shuffled, TENANTS } from "../support/event-cases.ts";
import { signerInMemory } from "../support/event-keys.ts";
import { delivery, someEvent, told } from "../support/event-world.ts";
import { actAsFunction, startInProcessAws } from "../support/in-process-aws.ts";
import { compiledStack } from "../support/template.ts";

const RELAY: Readonly<Record<Producer, string>> = {
  "gatehouse.airline": "RelayEventsLambdaFunction",
  "gatehouse.hooks": "RelayHooksLambdaFunction",
};
const CONSUMER = "KeepAuditTrailLambdaFunction";

let aws: LocalAws;
/** Milliseconds by which the local AWS is ahead. */
let later = 0;
let run: (delivered: unknown) => Promise<void>;
/** What the consumer's function was given. */
const given: unknown[] = [];

beforeAll(async () => {
  aws = await startInProcessAws(
    async (functionArn, payload): Promise<InvocationResult> => {
      if (!functionArn.endsWith(":gatehouse-dev-keepAuditTrail"))
        return { error: { errorType: "NoFunction", errorMessage: functionArn } };
      given.push(payload);
      try {
        await run(payload);
        return { payload: null };
      } catch (error) {
        return { error: { errorType: "Error", errorMessage: String(error) } };
      }
    },
    { now: () => Date.now() + later },
  );
  // Its clients are made at the first event, with what is in the environment then.
  actAsFunction(aws, CONSUMER);
  ({ handler: run } = await import("../../src/functions/messages/keep-audit-trail.ts"));
  await run("no event");
  await deadLetters();
});
afterAll(() => aws.close());

/** Where an SDK client calls, as a function or as the account. */
const as = (functionLogicalId: string | undefined) => ({
  region: "us-east-1",
  endpoint: aws.endpoint,
  maxAttempts: 1,
  credentials:
    functionLogicalId === undefined
      ? { accessKeyId: "AKIALOCALADMIN", secretAccessKey: "secret" }
      : aws.identities.forFunction(functionLogicalId),
});

function environmentOf(functionLogicalId: string): Readonly<Record<string, string>> {
  const { Environment } = compiledStack().resource(functionLogicalId).properties;
  return (Environment as { Variables: Record<string, string> } | undefined)?.Variables ?? {};
}

const queue = (logicalId: string) => ({
  sqs: new SQSClient({ ...as(undefined), useQueueUrlAsEndpoint: false }),
  QueueUrl: compiledStack().ref(logicalId),
});

const signerOf = (producer: Producer, functionLogicalId = RELAY[producer]) =>
  new KmsSigner(new KMSClient(as(functionLogicalId)), environmentOf(RELAY[producer]).SIGNING_KEY ?? "");
const wrapperOf = (producer: Producer, functionLogicalId = RELAY[producer]) => {
  const keys = readConsumerKeys(environmentOf(RELAY[producer]).CONSUMER_KEYS ?? "");
  return new KmsKeyWrapper(new KMSClient(as(functionLogicalId)), keys);
};
const typesProducer = ({ type }: Pick<KeyScope, "type">): Producer =>
  type === "hook.received" ? "gatehouse.hooks" : "gatehouse.airline";

/** The producers as they are deployed, and those who are none. */
async function kmsForge(): Promise<Forge> {
  const [airline, hooks] = [wrapperOf("gatehouse.airline"), wrapperOf("gatehouse.hooks")];
  const wrapper: KeyWrapper = {
    wrapNew: (scope, consumers) =>
      (typesProducer(scope) === "gatehouse.hooks" ? hooks : airline).wrapNew(scope, consumers),
  };
  const content = new DataKeyCache(wrapper);
  const signers = {
    "gatehouse.airline": signerOf("gatehouse.airline"),
    "gatehouse.hooks": signerOf("gatehouse.hooks"),
  };
  return {
    signers,
    stranger: await signerInMemory("arn:aws:kms:us-east-1:000000000000:key/stranger"),
    impostor: await signerInMemory(signers["gatehouse.airline"].keyId),
    now: Date.now,
    wrapNew: wrapper.wrapNew,
    seal: (event, { signer = signers[event.source], at = Date.now(), keys = content } = {}) =>
      sealEvent(event, { signer, keys, now: at }),
  };
}

interface Delivered {
  readonly source: string;
  readonly "detail-type": string;
  readonly detail: object;
}

/** What a bus takes: some forgeries are none that even a relay that was taken over could put there. */
function isPuttable(delivered: unknown): delivered is Delivered {
  const { source, "detail-type": type, detail } = Object(delivered);
  return Object.hasOwn(RELAY, String(source)) && typeof type === "string" && typeof detail === "object";
}

/** As the relay of the source would, had it been taken over; returns when the consumer's function has had it. */
async function put({ source, "detail-type": DetailType, detail }: Delivered): Promise<void> {
  const bridge = new EventBridgeClient(as(RELAY[source as Producer]));
  const entry = {
    EventBusName: environmentOf(RELAY["gatehouse.airline"]).MESSAGE_BUS,
    Source: source,
    DetailType,
    Detail: JSON.stringify(detail),
    // What nobody signs, and anybody who puts an event may choose.
    Time: new Date(0),
    Resources: [`arn:aws:nowhere:::${crypto.randomUUID()}`],
  };
  const { FailedEntryCount } = await bridge.send(new PutEventsCommand({ Entries: [entry] }));
  expect(FailedEntryCount).toBe(0);
  // One after the other: of two at once the one is told to come again, which Lambda does after a minute.
  await aws.eventBridge.settle();
  await aws.asyncInvocations.settle();
}

/** All that is in the queue, which is empty then: what was delivered, by its detail, and why it is there. */
async function deadLetters(): Promise<{ detail: string; reason: string | undefined }[]> {
  const { sqs, QueueUrl } = queue("AuditDeadLetters");
  const letters: { detail: string; reason: string | undefined }[] = [];
  for (;;) {
    const request = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(request));
    if (Messages.length === 0) return letters;
    for (const { Body = "", MessageAttributes, ReceiptHandle } of Messages) {
      const { detail } = JSON.parse(Body);
      letters.push({ detail: JSON.stringify(detail), reason: MessageAttributes?.reason?.StringValue });
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

async function auditRecords(): Promise<readonly AuditRecord[]> {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(as(undefined)));
  const day = new Date().toISOString().slice(0, 10);
  const log = new AuditLog(documents, compiledStack().ref("ControlTable"));
  return (await log.page({ from: day, to: day, limit: 10_000 })).items;
}

const sorted = (texts: readonly (string | undefined)[]) => [...texts].sort();
const eventIdsOf = (records: readonly AuditRecord[]) =>
  records.flatMap((record) => ("eventId" in record ? [record.eventId] : []));

describe("of events on the bus, whatever is among them,", () => {
  it("each valid one has one record in the audit trail, each other is refused with its reason, dead-lettered and counted", async () => {
    const forge = await kmsForge();
    const tried = new Set<string>();
    const one = fc.record({ type: fc.nat(2), tenantId: fc.constantFrom(...TENANTS), random: fc.nat() });
    const all = fc.tuple(...KINDS.map(() => fc.array(one, { minLength: 1, maxLength: 2 })));
    const places = fc.array(fc.nat(), { minLength: 100, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(all, places, async (byKind, order) => {
        const cases: Case[] = [];
        for (const [index, kind] of KINDS.entries())
          for (const { type, tenantId, random } of byKind[index] ?? []) {
            const built = await made(forge, kind, someEvent(type, tenantId, Date.now()), random);
            if (!built.deliveries.every(isPuttable)) continue;
            cases.push(built);
            tried.add(kind);
          }
        const { counted } = await told(async () => {
          for (const delivered of shuffled(
            cases.flatMap(({ deliveries }) => deliveries),
            order,
          ))
            if (isPuttable(delivered)) await put(delivered);
        });

        const handled = cases.flatMap((each) => each.handled);
        const records = await auditRecords();
        const ids = new Set(handled.map(({ id }) => id));
        const own = records.filter((record) => "eventId" in record && ids.has(record.eventId));
        expect(sorted(eventIdsOf(own))).toEqual(sorted([...ids]));
        for (const event of handled) expect(own).toContainEqual(auditedEvent(event));
        const refused = cases.flatMap((each) => each.refused);
        const never = new Set(
          refused.flatMap(({ delivered }) => idIn(delivered)).filter((id) => !ids.has(id)),
        );
        expect(eventIdsOf(records).filter((id) => never.has(id))).toEqual([]);

        const letters = await deadLetters();
        expect(letters).toHaveLength(refused.length);
        for (const { delivered, reasons } of refused.filter(({ reasons: [first] }) => first !== "replayed"))
          expect(reasons).toContain(reasonFor(delivered, letters));
        expect(letters.filter(({ reason }) => reason === "replayed")).toHaveLength(
          refused.filter(({ reasons: [first] }) => first === "replayed").length,
        );
        expect(sorted(counted)).toEqual(sorted(letters.map(({ reason }) => `audit ${reason}`)));
      }),
      { numRuns: 3, endOnFailure: true },
    );
    // The others need more than a relay that was taken over: the bus does not take them.
    expect(KINDS.filter((kind) => !tried.has(kind)).sort()).toEqual([
      "of an unknown producer",
      "without a member of EventBridge's that counts",
    ]);
  }, 60_000);

  it("what EventBridge adds is another each time, and is not what is believed", async () => {
    const forge = await kmsForge();
    const event = someEvent(0, newTenantId(), Date.now());
    const sealed = await forge.seal(event);
    const before = given.length;
    await put(delivery(sealed) as unknown as Delivered);
    await put(delivery(sealed) as unknown as Delivered);
    const [first, second] = given.slice(before) as { id: string; time: string; detail: unknown }[];
    expect(first?.id).not.toBe(second?.id);
    expect(first?.time).toBe("1970-01-01T00:00:00Z");
    expect(first?.detail).toEqual(second?.detail);
    expect((await deadLetters()).map(({ reason }) => reason)).toEqual(["replayed"]);
    const records = (await auditRecords()).filter(
      (record) => "eventId" in record && record.eventId === event.id,
    );
    expect(records).toEqual([auditedEvent(event)]);
  });
});

describe("an event that the audit trail fails at", () => {
  it("is tried three times, kept as it came, and makes its one record when it is given again", async () => {
    const forge = await kmsForge();
    const event = someEvent(0, newTenantId(), Date.now());
    const works = run;
    run = () => Promise.reject(new Error("the table does not answer"));
    const before = given.length;
    await put(delivery(await forge.seal(event)) as unknown as Delivered);
    for (const pause of [60_000, 120_000]) {
      later += pause;
      await aws.asyncInvocations.settle();
    }
    run = works;
    expect(given.length - before).toBe(3);
    const { sqs, QueueUrl } = queue("AuditUndelivered");
    const { Messages: [letter] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const { requestPayload } = JSON.parse(letter?.Body ?? "{}");
    expect(requestPayload).toEqual(given.at(-1));
    await run(requestPayload);
    const records = (await auditRecords()).filter((one) => "eventId" in one && one.eventId === event.id);
    expect(records).toEqual([auditedEvent(event)]);
    expect(await deadLetters()).toEqual([]);
  });
});

describe("a consumer's function", () => {
  const consumers = compiledStack()
    .resources("AWS::Lambda::Function")
    .filter(({ logicalId }) => environmentOf(logicalId).DECRYPTION_KEY !== undefined)
    .map(({ logicalId, properties }) => [logicalId, Number(properties.Timeout) * 1000] as const);

  it.each(consumers)(
    "%s ends before the lease on its event does, and Lambda tries again after that",
    (_name, timeout) => {
      expect(consumers.length).toBeGreaterThanOrEqual(1);
      expect(timeout).toBeLessThan(LEASE);
      expect(LEASE).toBeLessThan(60_000);
    },
  );
});

const idIn = (delivered: unknown): string[] => [Object(Object(delivered).detail).id].filter(Boolean);

const reasonFor = (delivered: unknown, letters: Awaited<ReturnType<typeof deadLetters>>) =>
  letters.find(({ detail }) => detail === JSON.stringify(Object(delivered).detail))?.reason;

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
      const bridge = new EventBridgeClient(as(name));
      await expect(bridge.send(new PutEventsCommand({ Entries: [entry] }))).rejects.toMatchObject(denied);
      await expect(signerOf(producer, name).sign(Buffer.from("x"))).rejects.toMatchObject(denied);
      const type = producer === "gatehouse.hooks" ? "hook.received" : "flight.deleted";
      const wrapped = wrapperOf(producer, name).wrapNew({ tenantId: TENANTS[0], type }, ["audit"]);
      await expect(wrapped).rejects.toMatchObject(denied);
    },
  );

  if (name !== CONSUMER)
    it("cannot read what is encrypted for the audit trail", async () => {
      const forge = await kmsForge();
      const sealed = await forge.seal(someEvent(0, TENANTS[0]));
      const keys = new KmsKeyUnwrapper(new KMSClient(as(name)));
      const keyId = environmentOf(CONSUMER).DECRYPTION_KEY ?? "";
      await expect(openEvent(sealed, { consumer: "audit", keyId, keys })).rejects.toMatchObject(denied);
    });
});

describe("the account's administrators", () => {
  it("neither put events on the bus, nor sign, nor read", async () => {
    const forge = await kmsForge();
    const event: DomainEvent = someEvent(0, TENANTS[0]);
    const sealed = await forge.seal(event);
    const EventBusName = environmentOf(RELAY["gatehouse.airline"]).MESSAGE_BUS;
    const entry = {
      EventBusName,
      Source: sealed.source,
      DetailType: sealed.type,
      Detail: JSON.stringify(sealed),
    };
    const kms = new KMSClient(as(undefined));
    await expect(
      new EventBridgeClient(as(undefined)).send(new PutEventsCommand({ Entries: [entry] })),
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
    const forge = await kmsForge();
    const sealed = await forge.seal(someEvent(0, TENANTS[0]));
    const keys = new KmsKeyUnwrapper(new KMSClient(as(CONSUMER)));
    const consumerKeys = readConsumerKeys(environmentOf(RELAY["gatehouse.airline"]).CONSUMER_KEYS ?? "");
    const open = (consumer: "audit" | "webhooks", keyOf: "audit" | "webhooks") =>
      openEvent(sealed, { consumer, keyId: consumerKeys.get(keyOf) ?? "", keys });
    await expect(open("webhooks", "webhooks")).rejects.toMatchObject(denied);
    await expect(open("webhooks", "audit")).rejects.toMatchObject(denied);
    expect((await open("audit", "audit")).type).toBe("flight.deleted");
  });
});
