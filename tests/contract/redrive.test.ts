import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { LetterQueue } from "../../scripts/dead-letters/letter-queue.ts";
import { peek } from "../../scripts/dead-letters/peek.ts";
import { queueNamed } from "../../scripts/dead-letters/queues.ts";
import { type Redriven, redrive } from "../../scripts/dead-letters/redrive.ts";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import { fn, startEventStack } from "./support/event-stack.ts";
import { ACCOUNT, REGION, ROOT_CREDENTIALS } from "./support/tenant-stack.ts";

const AUDIT = "audit-undelivered-dead-letters";
const LEDGER = "usage-ledger-dead-letters";
const WEBHOOKS = "webhook-dead-letters";
const DELIVERIES = "webhook-deliveries";
const QUARTER_HOUR = 15 * 60_000;

const queue = (name: string) => ({
  Type: "AWS::SQS::Queue",
  Properties: { QueueName: `gatehouse-dev-${name}` },
});
const urlOf = (name: string) => `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/gatehouse-dev-${name}`;

let stack: Awaited<ReturnType<typeof startEventStack>>;
let sqs: SQSClient;
/** What a function makes of the next invocations. */
let answers: (payload: unknown) => InvocationResult;
beforeAll(async () => {
  stack = await startEventStack(
    {
      Audit: queue(AUDIT),
      Ledger: queue(LEDGER),
      Webhooks: queue(WEBHOOKS),
      Deliveries: queue(DELIVERIES),
      KeepAuditTrail: fn("gatehouse-dev-keepAuditTrail"),
      UsageLedger: fn("gatehouse-dev-usageLedger"),
    },
    { answers: (_name, payload) => answers(payload) },
  );
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: stack.aws.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
  });
  sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
});
afterAll(() => stack.close());
beforeEach(() => {
  answers = () => ({ payload: null });
  stack.invoked.length = 0;
});

async function put(name: string, body: unknown, MessageGroupId?: string): Promise<string> {
  const MessageBody = typeof body === "string" ? body : JSON.stringify(body);
  const { MessageId = "" } = await sqs.send(
    new SendMessageCommand({ QueueUrl: urlOf(name), MessageBody, MessageGroupId }),
  );
  return MessageId;
}

async function waitingIn(name: string): Promise<number> {
  return (await (await LetterQueue.open("dev", name)).count()).waiting;
}

function redriven(name: string, given: number[] = []): Promise<Redriven> {
  const { redrive: target, ...info } = queueNamed(name);
  if (!target) throw new Error(`${name} is not redriven`);
  return redrive("dev", { ...info, redrive: target }, (count) => given.push(count));
}

const event = (id: string, signedAt = Date.now()) => ({
  source: "gatehouse.airline",
  detail: { id, type: "flight.created", signedtime: new Date(signedAt).toISOString() },
});
/** What Lambda leaves of an invocation that it gave up. */
const givenUp = (payload: unknown) => ({
  version: "1.0",
  requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 3 },
  requestPayload: payload,
  responsePayload: { errorType: "Error", errorMessage: "the table does not answer" },
});

describe("a redrive", () => {
  it("keeps what the function fails at, and says why: it is there at once for the next one", async () => {
    const id = await put(AUDIT, event("evt_1"));
    answers = () => ({ error: { errorType: "Error", errorMessage: "the table does not answer" } });
    expect(await redriven(AUDIT)).toEqual({
      given: 0,
      left: [{ messageId: id, why: "the function failed: Error: the table does not answer" }],
    });
    expect(stack.invoked).toHaveLength(1);
    answers = () => ({ payload: null });
    expect(await redriven(AUDIT)).toEqual({ given: 1, left: [] });
    expect(await waitingIn(AUDIT)).toBe(0);
  });

  it("keeps what nobody could take, since the functions are not there", async () => {
    await put(AUDIT, event("evt_1"));
    answers = () => ({ error: { errorType: "ServiceException", errorMessage: "not started yet" } });
    expect((await redriven(AUDIT)).left).toMatchObject([{ why: "not started yet" }]);
    answers = () => ({ payload: null });
    await redriven(AUDIT);
  });

  it("does not give an event that would be refused as stale, which would move it where nobody gives it again", async () => {
    const DAY = 86_400_000;
    const old = await put(AUDIT, givenUp(event("evt_old", Date.now() - 4 * DAY - 60_000)));
    await put(AUDIT, givenUp(event("evt_new", Date.now() - 4 * DAY + 60_000)));
    expect(await redriven(AUDIT)).toMatchObject({
      given: 1,
      left: [{ messageId: old, why: expect.stringMatching(/^stale/) }],
    });
    expect(stack.invoked.map(({ payload }) => Object(Object(payload).detail).id)).toEqual(["evt_new"]);
    expect(await waitingIn(AUDIT)).toBe(1);
    await purge(AUDIT);
  });

  it("gives the function what it was to be given, and the ledger however old its calls are", async () => {
    const awslogs = { awslogs: { data: "H4sI" } };
    await put(LEDGER, givenUp(awslogs));
    expect(await redriven(LEDGER)).toEqual({ given: 1, left: [] });
    expect(stack.invoked).toEqual([{ name: "gatehouse-dev-usageLedger", payload: awslogs }]);
  });

  it("goes through all there is, each once, and tells how far it is", async () => {
    const ids = Array.from({ length: 23 }, (_, index) => `evt_${index}`);
    for (const id of ids) await put(AUDIT, event(id));
    const given: number[] = [];
    answers = (payload) =>
      Object(Object(payload).detail).id === "evt_7"
        ? { error: { errorType: "Error", errorMessage: "no" } }
        : { payload: null };
    expect(await redriven(AUDIT, given)).toMatchObject({ given: 22, left: [{}] });
    expect(given).toEqual(ids.slice(1).map((_id, index) => index + 1));
    const invoked = stack.invoked.map(({ payload }) => Object(Object(payload).detail).id);
    expect(invoked.sort()).toEqual([...ids].sort());
    await purge(AUDIT);
  });

  it("that is broken off leaves what it had received to come again in a quarter of an hour", async () => {
    await put(AUDIT, event("evt_1"));
    await (await LetterQueue.open("dev", AUDIT)).receive(900);
    expect(await redriven(AUDIT)).toEqual({ given: 0, left: [] });
    stack.clock.advance(QUARTER_HOUR);
    expect(await redriven(AUDIT)).toEqual({ given: 1, left: [] });
  });

  it("of deliveries moves them to their queue as they are, each in its tenant's turn", async () => {
    const text = '{"tenantId":"ten_1", "deliveryId":"dlv_1"}';
    await put(WEBHOOKS, text, "ten_1");
    expect(await redriven(WEBHOOKS)).toEqual({ given: 1, left: [] });
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: urlOf(DELIVERIES),
        MessageSystemAttributeNames: ["MessageGroupId"],
      }),
    );
    expect(Messages).toMatchObject([{ Body: text, Attributes: { MessageGroupId: "ten_1" } }]);
  });

  it("of a stage that has no such queue says which is missing", async () => {
    await expect(LetterQueue.open("prod", AUDIT)).rejects.toThrow(
      `there is no queue gatehouse-prod-${AUDIT} in this account and region`,
    );
  });
});

describe("a look", () => {
  it("takes nothing away, and sees no message twice", async () => {
    for (let index = 0; index < 13; index += 1) await put(AUDIT, event(`evt_${index}`));
    const letters = await LetterQueue.open("dev", AUDIT);
    const seen = await peek(letters, 12);
    expect(new Set(seen.map(({ messageId }) => messageId)).size).toBe(12);
    expect(await letters.count()).toEqual({ waiting: 13, inFlight: 0 });
    expect(await peek(letters, 50)).toHaveLength(13);
    await purge(AUDIT);
  });
});

/** What a test leaves. */
async function purge(name: string): Promise<void> {
  const letters = await LetterQueue.open("dev", name);
  for (;;) {
    const received = await letters.receive(60);
    if (received.length === 0) return;
    for (const letter of received) await letters.delete(letter);
  }
}
