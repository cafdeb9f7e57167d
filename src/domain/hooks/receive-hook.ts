import { randomBytes } from "node:crypto";
import { type ReachedTenant, reachedTenant } from "../access/verified-tenant.ts";
import { type DomainEvent, domainEvent } from "../messaging/domain-event.ts";
import { signingSecrets } from "../secrets/sealed-secret.ts";
import { encodedBody, statedContentType } from "./hook-content.ts";
import type { HookSource } from "./hook-source.ts";
import { onlyHeader, type Proof, type SignedMessage } from "./signed-message.ts";
import { apparentScheme, VERIFY } from "./verify-hook.ts";

/** A message, and the address that it was sent to, as the sender wrote it. */
export interface AddressedMessage extends SignedMessage {
  readonly source: string;
  readonly handle: string;
}

/** What receiving asks of the world outside. */
export interface HookPorts {
  /** The source of the address; nothing where there is none. */
  readonly find: (source: string, handle: string) => Promise<HookSource | undefined>;
  /** The secrets themselves. */
  readonly open: (source: HookSource, sealed: readonly string[]) => Promise<readonly string[]>;
  readonly isActive: (tenant: ReachedTenant) => Promise<boolean>;
  /** Keeps the event, unless one of the same replay key was kept before. */
  readonly keep: (tenant: ReachedTenant, received: Received) => Promise<void>;
}

export interface Received {
  readonly event: DomainEvent<"hook.received">;
  /** Of the source; see {@link Proof}. */
  readonly replayKey: string;
}

/** Signs nothing that anybody sends, and takes as long to find that out. */
const NOBODYS_SECRET = `whsec_${randomBytes(32).toString("base64")}`;

/**
 * Whether the message was taken: it bears the signature of the source that it was sent to, and the source is one of an
 * active tenant. A message that was taken before is taken again, and kept once.
 */
export async function receiveHook(
  ports: HookPorts,
  message: AddressedMessage,
  now = Date.now(),
): Promise<boolean> {
  const source = await ports.find(message.source, message.handle);
  if (!source) {
    VERIFY[apparentScheme(message)](message, [NOBODYS_SECRET], now);
    return false;
  }
  const sealed = signingSecrets(source, now).map((secret) => secret.sealed);
  const proof = VERIFY[source.scheme](message, await ports.open(source, sealed), now);
  if (!proof) return false;
  const tenant = reachedTenant(source.tenantId, "signed-hook");
  if (!(await ports.isActive(tenant))) return false;
  await ports.keep(tenant, received(source, message, proof, now));
  return true;
}

function received(source: HookSource, message: AddressedMessage, proof: Proof, now: number): Received {
  const data = {
    source: source.source,
    messageId: proof.messageId,
    contentType: statedContentType(onlyHeader(message, "content-type")),
    ...encodedBody(message.body),
  };
  return { event: domainEvent("hook.received", source.tenantId, data, now), replayKey: proof.replayKey };
}
