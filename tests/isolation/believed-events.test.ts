import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { readAudit } from "../../src/aws/dynamodb/audit-items.ts";
import type { AuditRecord } from "../../src/domain/audit.ts";
import { auditedEvent } from "../../src/domain/messaging/audited-event.ts";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import type { Producer } from "../../src/domain/messaging/event-type.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { LEASE } from "../../src/events/consumer-ports.ts";
import { CONSUMER, deployedMessaging, environmentOf, RELAY } from "../support/deployed-messaging.ts";
import { type Case, KINDS, made, shuffled, TENANTS } from "../support/event-cases.ts";
import { delivery, someEvent, told } from "../support/event-world.ts";
import { actAsFunction, startInProcessAws } from "../support/in-process-aws.ts";
import { compiledStack } from "../support/template.ts";

let aws: LocalAws;
let messaging: ReturnType<typeof deployedMessaging>;
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
  messaging = deployedMessaging(aws);
  // Its clients are made at the first event, with what is in the environment then.
  actAsFunction(aws, CONSUMER);
  ({ handler: run } = await import("../../src/functions/messages/keep-audit-trail.ts"));
  await run("no event");
  await deadLetters();
});
afterAll(() => aws.close());

const queue = (logicalId: string) => ({
  sqs: new SQSClient({ ...messaging.as(undefined), useQueueUrlAsEndpoint: false }),
  QueueUrl: compiledStack().ref(logicalId),
});

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
  const bridge = new EventBridgeClient(messaging.as(RELAY[source as Producer]));
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

/** All records of events that there are, whichever tenant's, or nobody's, they lie among. */
async function auditRecords(): Promise<readonly AuditRecord[]> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(messaging.as(undefined)));
  const TableName = compiledStack().ref("ControlTable");
  const records: AuditRecord[] = [];
  const FilterExpression = "attribute_exists(eventId)";
  for await (const { Items = [] } of paginateScan({ client }, { TableName, FilterExpression }))
    records.push(...Items.map(readAudit));
  return records;
}

const sorted = (texts: readonly (string | undefined)[]) => [...texts].sort();
const eventIdsOf = (records: readonly AuditRecord[]) =>
  records.flatMap((record) => ("eventId" in record ? [record.eventId] : []));

describe("of events on the bus, whatever is among them,", () => {
  it("each valid one has one record in the audit trail, each other is refused with its reason, dead-lettered and counted", async () => {
    const forge = await messaging.forge();
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
    const forge = await messaging.forge();
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

describe("an event of a tenant's transition", () => {
  it("is believed, and makes no second record of what its transaction recorded", async () => {
    const forge = await messaging.forge();
    const before = [await auditRecords(), given.length];
    const event = domainEvent("tenant.suspended", newTenantId(), { slug: "skyways" });
    await put(delivery(await forge.seal(event)) as unknown as Delivered);
    expect([await auditRecords(), given.length - 1]).toEqual(before);
    expect(await deadLetters()).toEqual([]);
  });
});

describe("an event that the audit trail fails at", () => {
  it("is tried three times, kept as it came, and makes its one record when it is given again", async () => {
    const forge = await messaging.forge();
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
