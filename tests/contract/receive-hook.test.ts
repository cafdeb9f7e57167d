import { createHmac } from "node:crypto";
import { DeleteCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { keepHook } from "../../src/aws/dynamodb/hook-inbox.ts";
import { hookItem } from "../../src/aws/dynamodb/hook-items.ts";
import { reachedTenant } from "../../src/domain/access/verified-tenant.ts";
import { LARGEST_HOOK } from "../../src/domain/hooks/hook-content.ts";
import { HOOK_SCHEMES, type HookSource, newHookHandle } from "../../src/domain/hooks/hook-source.ts";
import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import { LARGEST_DATA_BYTES } from "../../src/domain/messaging/event-size.ts";
import { handler } from "../../src/functions/hooks-api/receive-hook.ts";
import { type HookReceived, hookReceived } from "../../src/generated/events/hook.received.js";
import { invocationContext, proxyEvent } from "../support/event.ts";
import { newSecret, signedHeaders } from "../unit/hooks/signed-messages.ts";
import { startHooksStack } from "./support/hooks-stack.ts";

let stack: Awaited<ReturnType<typeof startHooksStack>>;
beforeAll(async () => {
  stack = await startHooksStack();
  stack.actAs("ReceiveHook");
});
afterAll(() => stack.close());
afterEach(() => {
  stack.wire.heal();
  jest.restoreAllMocks();
});

const ROUTE = { method: "POST", resource: "/v1/hooks/{source}/{tenantHandle}" };
const BODY = JSON.stringify({ id: "evt_1", object: "event", text: "Grüße" });

interface Sent {
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

async function send(
  to: Pick<HookSource, "source" | "handle"> | { source: string; handle: string },
  { headers, body = BODY, isBase64Encoded = false }: Sent,
): Promise<APIGatewayProxyResult> {
  const pathParameters = { source: to.source, tenantHandle: to.handle };
  const event: APIGatewayProxyEvent = {
    ...proxyEvent({ ...ROUTE, headers, body, pathParameters }),
    isBase64Encoded,
  };
  return handler(event, invocationContext());
}

const signed = async (source: HookSource, secret: string, body = BODY, id: string = crypto.randomUUID()) => ({
  headers: await signedHeaders(source.scheme, secret, { body, id, at: Date.now() }),
  body,
});

/** All of an answer that a sender sees. */
const visible = ({ statusCode, headers, body }: APIGatewayProxyResult) => ({
  statusCode,
  headers,
  body: { ...JSON.parse(body), requestId: "" },
});

const { now } = Date;

/** Lets the caches of the function's instance run out. */
function later(milliseconds: number): void {
  jest.spyOn(Date, "now").mockImplementation(() => now() + milliseconds);
}

const REFUSED = {
  statusCode: 401,
  headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  body: {
    type: "urn:gatehouse:problem:unverified-message",
    title: "The message is not verified",
    status: 401,
    detail: "No source at this address has signed this message, or not lately.",
    message: "Unauthorized",
    requestId: "",
  },
};

describe.each(HOOK_SCHEMES)("a message signed by %s is refused in one way, and tells nothing,", (scheme) => {
  it("whether its address, its source, its signature, its tenant or its secret is not the right one", async () => {
    const [secret, strangers] = [newSecret(scheme), newSecret(scheme)];
    const [tenantId, other] = [await stack.tenant(), await stack.tenant()];
    const source = await stack.source(tenantId, scheme, [secret]);
    const others = await stack.source(other, scheme, [strangers]);
    const suspended = await stack.source(await stack.tenant("suspended"), scheme, [secret]);
    const deleted = await stack.source(await stack.tenant("deleted"), scheme, [secret]);
    const nobodys = await stack.source(await stack.tenant("provisioning"), scheme, [secret]);
    const message = await signed(source, secret);
    const refusals = [
      await send({ ...source, handle: newHookHandle() }, message),
      await send({ ...source, source: "another" }, message),
      await send({ source: "../partner", handle: "x" }, message),
      await send(source, await signed(source, strangers)),
      await send(others, message),
      await send(suspended, message),
      await send(deleted, message),
      await send(nobodys, message),
      await send(source, { ...message, headers: {} }),
      await send(source, { ...message, body: `${BODY} ` }),
    ];
    for (const refusal of refusals) expect(visible(refusal)).toEqual(REFUSED);
    for (const { tenantId } of [source, others, suspended, deleted, nobodys])
      expect(await stack.eventsOf(tenantId)).toEqual([]);
  });

  it("at the latest 10 s after its tenant was suspended or its source was deleted", async () => {
    const secret = newSecret(scheme);
    const tenantId = await stack.tenant();
    const source = await stack.source(tenantId, scheme, [secret]);
    const next = async () =>
      (await send(source, await signed(source, secret, crypto.randomUUID()))).statusCode;
    expect(await next()).toBe(202);
    await stack.setStatus(tenantId, "suspended");
    later(10_001);
    expect(await next()).toBe(401);
    await stack.setStatus(tenantId, "active");
    later(20_002);
    expect(await next()).toBe(202);
    const { pk, sk } = hookItem(source);
    await stack.admin.send(new DeleteCommand({ TableName: "control", Key: { pk, sk } }));
    later(30_003);
    expect(await next()).toBe(401);
    expect(await stack.eventsOf(tenantId)).toHaveLength(2);
  });

  it("under a secret that was rotated away, from the end of the overlap on", async () => {
    const [current, old] = [newSecret(scheme), newSecret(scheme)];
    const tenantId = await stack.tenant();
    const source = await stack.source(tenantId, scheme, [current, old]);
    const next = async (secret: string) =>
      (await send(source, await signed(source, secret, crypto.randomUUID()))).statusCode;
    expect([await next(current), await next(old)]).toEqual([202, 202]);
    later(61_000);
    expect([await next(current), await next(old)]).toEqual([202, 401]);
  });
});

describe.each(HOOK_SCHEMES)("a message signed by %s is taken", (scheme) => {
  it("and is told once of, in its tenant's name, with its very body", async () => {
    const secret = newSecret(scheme);
    const source = await stack.source(await stack.tenant(), scheme, [secret]);
    const { headers } = await signed(source, secret, BODY, "delivery-1");
    const answer = await send(source, {
      headers: { ...headers, "Content-Type": "application/json; charset=utf-8" },
    });
    expect([answer.statusCode, answer.body]).toEqual([202, '{"status":"accepted"}']);
    const [event, ...others] = await stack.eventsOf(source.tenantId);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      type: "hook.received",
      source: "gatehouse.hooks",
      tenantId: source.tenantId,
      data: {
        source: "partner",
        messageId: scheme === "stripe" ? "evt_1" : "delivery-1",
        contentType: "application/json; charset=utf-8",
        body: BODY,
        encoding: "utf-8",
      },
    });
    expect(hookReceived(event?.data)).toBe(true);
  });

  it("with its headers in whatever case and order", async () => {
    const secret = newSecret(scheme);
    const source = await stack.source(await stack.tenant(), scheme, [secret]);
    const { headers } = await signed(source, secret);
    const written = Object.fromEntries(
      Object.entries(headers)
        .map(([name, value]) => [
          name.replace(/\w+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1)),
          value,
        ])
        .reverse(),
    );
    expect((await send(source, { headers: written })).statusCode).toBe(202);
  });

  it("again when it comes again, later and at once, and nothing more is told", async () => {
    const secret = newSecret(scheme);
    const source = await stack.source(await stack.tenant(), scheme, [secret]);
    const message = await signed(source, secret);
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(source, message)));
    answers.push(await send(source, message));
    expect(new Set(answers.map((answer) => JSON.stringify(visible(answer)))).size).toBe(1);
    expect(answers[0]?.statusCode).toBe(202);
    expect(await stack.eventsOf(source.tenantId)).toHaveLength(1);
  });
});

describe("replays", () => {
  it("of a body that GitHub signed, under another delivery's id, are told of once", async () => {
    const secret = newSecret("github");
    const source = await stack.source(await stack.tenant(), "github", [secret]);
    for (const id of ["first", "second", "third"])
      expect((await send(source, await signed(source, secret, BODY, id))).statusCode).toBe(202);
    const events = await stack.eventsOf(source.tenantId);
    expect(events.map(({ data }) => (data as HookReceived).messageId)).toEqual(["first"]);
  });

  it("are known for four days, though DynamoDB may keep the memory for longer", async () => {
    const tenant = reachedTenant(await stack.tenant(), "signed-hook");
    const keepAt = async (seconds: number) => {
      const data = {
        source: "partner",
        messageId: "m",
        contentType: "text/plain",
        body: "",
        encoding: "utf-8",
      } as const;
      const event = domainEvent("hook.received", tenant.tenantId, data);
      await keepHook(tenant, { event, replayKey: "key" }, Date.now() + seconds * 1000);
      return (await stack.eventsOf(tenant.tenantId)).length;
    };
    const fourDays = 4 * 24 * 3600;
    expect(await keepAt(0)).toBe(1);
    expect(await keepAt(fourDays - 60)).toBe(1);
    expect(await keepAt(fourDays + 60)).toBe(2);
  });

  it("at one source say nothing of the same message at another tenant's", async () => {
    const secret = newSecret("github");
    const sources = [
      await stack.source(await stack.tenant(), "github", [secret]),
      await stack.source(await stack.tenant(), "github", [secret]),
    ];
    for (const source of sources) await send(source, await signed(source, secret));
    for (const { tenantId } of sources) expect(await stack.eventsOf(tenantId)).toHaveLength(1);
  });
});

describe("whatever fails on the way to AWS", () => {
  /** What the function asks of AWS for the first message of a source; STS speaks another protocol, without a target. */
  const CALLS = ["Query", "Decrypt", "", "GetItem", "TransactWriteItems"];
  const POINTS = CALLS.flatMap((name, call) =>
    (["before", "after"] as const).map((fault) => [fault, name || "AssumeRole", call] as const),
  );

  async function firstMessage() {
    const secret = newSecret("standard-webhooks");
    const source = await stack.source(await stack.tenant(), "standard-webhooks", [secret]);
    const message = await signed(source, secret);
    stack.wire.heal();
    return {
      send: async () => (await send(source, message)).statusCode,
      told: async () => (await stack.eventsOf(source.tenantId)).length,
    };
  }

  it("these are the calls that can", async () => {
    const { send, told } = await firstMessage();
    expect([await send(), stack.wire.seen, await told()]).toEqual([202, CALLS, 1]);
  });

  it.each(POINTS)("once, %s %s: the message is taken, and told of once", async (fault, _name, call) => {
    const { send, told } = await firstMessage();
    stack.wire.fault = () => (stack.wire.seen.length === call + 1 ? fault : undefined);
    expect([await send(), await told()]).toEqual([202, 1]);
    expect(stack.wire.seen).toHaveLength(CALLS.length + 1);
  });

  it.each(POINTS)(
    "for good, %s %s: the message is not taken, and told of once when its sender sends it again",
    async (fault, name, call) => {
      const { send, told } = await firstMessage();
      stack.wire.fault = () => (stack.wire.seen.length > call ? fault : undefined);
      expect(await send()).toBe(500);
      expect(await told()).toBe(name === "TransactWriteItems" && fault === "after" ? 1 : 0);
      stack.wire.heal();
      expect([await send(), await told()]).toEqual([202, 1]);
      expect([await send(), await told()]).toEqual([202, 1]);
    },
  );
});

describe("a body", () => {
  it("that is not UTF-8 is told of byte by byte, in base64", async () => {
    const secret = newSecret("github");
    const source = await stack.source(await stack.tenant(), "github", [secret]);
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0a]);
    const signature = `sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}`;
    const headers = {
      "x-hub-signature-256": signature,
      "x-github-delivery": "d",
      "content-type": "application/octet-stream",
    };
    const message = { headers, body: bytes.toString("base64"), isBase64Encoded: true };
    expect((await send(source, message)).statusCode).toBe(202);
    const [event] = await stack.eventsOf(source.tenantId);
    expect(event?.data).toMatchObject({ encoding: "base64", body: bytes.toString("base64") });
    // As API Gateway would hand it on as a text: other bytes, which nobody has signed.
    expect((await send(source, { headers, body: bytes.toString() })).statusCode).toBe(401);
  });

  it.each([
    ["of the largest size", "x".repeat(LARGEST_HOOK), "utf-8"],
    ["that escaping would swell", "\u0001".repeat(LARGEST_HOOK), "base64"],
    ["of nothing but quotes", '"'.repeat(LARGEST_HOOK), "base64"],
  ])("%s fits the event's schema", async (_kind, body, encoding) => {
    const secret = newSecret("standard-webhooks");
    const source = await stack.source(await stack.tenant(), "standard-webhooks", [secret]);
    expect((await send(source, await signed(source, secret, body))).statusCode).toBe(202);
    const [event] = await stack.eventsOf(source.tenantId);
    const data = event?.data as HookReceived;
    expect([hookReceived(data), data.encoding]).toEqual([true, encoding]);
    expect(Buffer.from(data.body, encoding === "utf-8" ? "utf8" : "base64").toString()).toBe(body);
    expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThan(LARGEST_DATA_BYTES);
  });

  it("that is larger is 413, whoever the message is for", async () => {
    const secret = newSecret("github");
    const source = await stack.source(await stack.tenant(), "github", [secret]);
    const message = await signed(source, secret, "x".repeat(LARGEST_HOOK + 1));
    const [known, unknown] = [
      await send(source, message),
      await send({ ...source, handle: newHookHandle() }, message),
    ];
    expect(known.statusCode).toBe(413);
    expect(visible(unknown)).toEqual(visible(known));
  });
});

it("two sources under one handle, which nobody makes, are nobody's", async () => {
  const secret = newSecret("github");
  const [mine, theirs] = [
    await stack.source(await stack.tenant(), "github", [secret]),
    await stack.source(await stack.tenant(), "github", [secret]),
  ];
  const usurped = hookItem({ ...theirs, handle: mine.handle });
  await stack.admin.send(new PutCommand({ TableName: "control", Item: usurped }));
  expect((await send(mine, await signed(mine, secret))).statusCode).toBe(401);
});

it("an event without headers, body or path is refused, and not a failure", async () => {
  const event = {
    ...proxyEvent(ROUTE),
    headers: null,
    multiValueHeaders: null,
    body: null,
    pathParameters: null,
  };
  const answer = await handler(event as unknown as APIGatewayProxyEvent, invocationContext());
  expect(visible(answer)).toEqual(REFUSED);
});
