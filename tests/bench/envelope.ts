import { domainEvent } from "../../src/domain/messaging/domain-event.ts";
import type { Consumer } from "../../src/domain/messaging/event-type.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { startEventStack } from "../contract/support/event-stack.ts";
import { ACCOUNT, REGION, ROOT_CREDENTIALS, stackOf } from "../contract/support/tenant-stack.ts";
import { signerInMemory } from "../support/event-keys.ts";
import { type Envelope, ownEnvelope, plainEnvelope } from "./envelopes.ts";
import { atLeast, atMost, type Measurement } from "./measurement.ts";
import { encryptionSdkEnvelope } from "./rivals/encryption-sdk.ts";

const MESSAGES = 2000;
/** Of which a few thousand are too quick for the clock of the processor. */
const PLAIN_MESSAGES = 40_000;
const WARM_UP = 500;
const BATCH = 100;

/**
 * Of an account, by the higher of the figures that AWS has named (scripts/capacity/limits.ts): no core needs to do more.
 */
const SIGNATURES_PER_SECOND = 1000;

/**
 * How many plain events are written, or read, in the time of one of ours. Reading a small one is a JSON.parse of
 * microseconds, and no signature is verified in that.
 */
const DEAREST_SEALING = 25;
const DEAREST_OPENING = 250;

/** By policies that let the bench do everything; ours would not let the Encryption SDK bind a key to its consumer. */
const KEYS = { audit: { Type: "AWS::KMS::Key" }, webhooks: { Type: "AWS::KMS::Key" } };
const keyArn = (consumer: Consumer) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${stackOf(KEYS).ref(consumer)}`;

/**
 * What it costs to believe an event: bytes on the bus, and events sealed and opened in a second of one core, beside
 * the same event encrypted by the AWS Encryption SDK and beside plain JSON. Content keys come from the local KMS, one
 * for a thousand messages; signatures are made by a key in memory, since a call of kms:Sign is waiting and no work.
 */
export async function measureEnvelope(): Promise<Measurement[]> {
  const stack = await startEventStack(KEYS);
  try {
    const signer = await signerInMemory(
      "arn:aws:kms:eu-west-1:000000000000:key/5d0a8f5c-3c0e-4b8e-9d63-6f1c7a1e42b7",
    );
    const kms = { region: REGION, endpoint: stack.aws.endpoint, credentials: ROOT_CREDENTIALS };
    const parts = { signer, publicKey: signer.publicKey, kms };
    const measurements: Measurement[] = [];
    for (const consumers of [["audit"], ["audit", "webhooks"]] as const)
      for (const bytes of [200, 4096]) {
        const keys = new Map<Consumer, string>(consumers.map((consumer) => [consumer, keyArn(consumer)]));
        const envelopes = {
          own: ownEnvelope(parts, keys),
          sdk: encryptionSdkEnvelope(parts, [...keys.values()]),
          plain: plainEnvelope,
        };
        measurements.push(...(await compare(envelopes, bytes, `${consumers.length} to read, ${bytes} B`)));
      }
    return measurements;
  } finally {
    await stack.close();
  }
}

type Kind = "own" | "sdk" | "plain";

async function compare(
  envelopes: Record<Kind, Envelope>,
  bytes: number,
  what: string,
): Promise<Measurement[]> {
  const figures = new Map<Kind, Figures>();
  for (const [kind, envelope] of Object.entries(envelopes) as [Kind, Envelope][])
    figures.set(kind, await measure(envelope, bytes, kind === "plain" ? PLAIN_MESSAGES : MESSAGES));
  const of = (kind: Kind) =>
    figures.get(kind) ?? { bytes: Number.NaN, sealed: Number.NaN, opened: Number.NaN };
  const [own, sdk, plain] = [of("own"), of("sdk"), of("plain")];
  return [
    atMost(`envelope, ${what}: bytes / Encryption SDK`, "B", own.bytes, sdk.bytes, 1.1),
    atMost(`envelope, ${what}: bytes / plain JSON`, "B", own.bytes, plain.bytes, bytes > 1000 ? 2 : 6),
    atLeast(`envelope, ${what}: sealed / Encryption SDK`, "1/s", own.sealed, sdk.sealed, 1),
    atLeast(`envelope, ${what}: opened / Encryption SDK`, "1/s", own.opened, sdk.opened, 1),
    atMost(
      `envelope, ${what}: plain JSON written / sealed`,
      "1/s",
      plain.sealed,
      own.sealed,
      DEAREST_SEALING,
    ),
    atMost(`envelope, ${what}: plain JSON read / opened`, "1/s", plain.opened, own.opened, DEAREST_OPENING),
    atLeast(`envelope, ${what}: sealed / what kms:Sign allows`, "1/s", own.sealed, SIGNATURES_PER_SECOND, 1),
    atLeast(`envelope, ${what}: opened / what kms:Sign allows`, "1/s", own.opened, SIGNATURES_PER_SECOND, 1),
  ];
}

interface Figures {
  readonly bytes: number;
  /** A second of one core. */
  readonly sealed: number;
  readonly opened: number;
}

/** Of hook.received, whose data may have any size. */
async function measure(envelope: Envelope, bytes: number, messages: number): Promise<Figures> {
  const tenantId = newTenantId();
  const empty = {
    source: "payments",
    messageId: "msg_1",
    contentType: "text/plain",
    body: "",
    encoding: "utf-8",
  } as const;
  const data = { ...empty, body: "x".repeat(bytes - JSON.stringify(empty).length) };
  const texts: string[] = [];
  const sealing = await perSecond(messages, async () => {
    const text = await envelope.seal(domainEvent("hook.received", tenantId, data));
    if (texts.length < MESSAGES) texts.push(text);
  });
  let next = 0;
  const opening = await perSecond(messages, async () => {
    const opened = await envelope.open(texts[next++ % texts.length] ?? "");
    if (JSON.stringify(opened) !== JSON.stringify(data)) throw new Error("an envelope changed its data");
  });
  return { bytes: texts[0]?.length ?? 0, sealed: sealing, opened: opening };
}

/** How often in a second of processor time, wherever in the process it is spent. */
async function perSecond(messages: number, act: () => Promise<void>): Promise<number> {
  const run = async (times: number) => {
    for (let done = 0; done < times; done += BATCH) await Promise.all(Array.from({ length: BATCH }, act));
  };
  await run(WARM_UP);
  const begun = process.cpuUsage();
  await run(messages - WARM_UP);
  const { user, system } = process.cpuUsage(begun);
  return (messages - WARM_UP) / ((user + system) / 1e6);
}
