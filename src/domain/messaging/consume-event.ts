import type { DeadLetters, EventClaim, SeenEvents } from "./consumer-ports.ts";
import type { DomainEvent } from "./domain-event.ts";
import { EventRefusal } from "./event-refusal.ts";
import { verifySignature } from "./event-signature.ts";
import type { Consumer, EventType } from "./event-type.ts";
import { requireFresh } from "./freshness.ts";
import type { TrustedSigners } from "./key-lists.ts";
import type { PublicKeys } from "./key-ports.ts";
import { openEvent, type Recipient } from "./open-event.ts";
import { readDelivery } from "./read-delivery.ts";
import type { SealedEvent } from "./sealed-event.ts";

/** What a consumer takes, and what it does with it. An event may be given to it twice where a run crashed. */
export interface ConsumerRules<Type extends EventType> {
  readonly consumer: Consumer;
  readonly types: readonly Type[];
  readonly handle: (event: EventOf<Type>) => Promise<void>;
}

/** An event of one of the types. */
type EventOf<Type extends EventType> = { [One in Type]: DomainEvent<One> }[Type];

export interface ConsumerPorts {
  readonly trusted: TrustedSigners;
  readonly publicKeys: PublicKeys;
  readonly seen: SeenEvents;
  readonly recipient: Recipient;
  readonly deadLetters: DeadLetters;
  readonly now: () => number;
}

/** Another run has the event. Not a refusal: whoever brings it is to come again. */
export class EventHeld extends Error {
  constructor(id: string) {
    super(`another run is handling the event ${id}`);
    this.name = "EventHeld";
  }
}

/**
 * Checks what the bus delivered, in the order of `EVENT_REFUSALS`, and handles it. Nothing is asked of AWS before the
 * form is right, nothing is remembered before the signature is, nothing is decrypted that was handled before.
 * Throws EventRefusal for what is not to be believed, now or later, and any other error for what is to be tried again.
 */
export async function consumeEvent<Type extends EventType>(
  delivered: unknown,
  rules: ConsumerRules<Type>,
  ports: ConsumerPorts,
): Promise<void> {
  const sealed = readDelivery(delivered);
  await verifySignature(sealed, ports.trusted, ports.publicKeys);
  requireFresh(sealed, ports.now());
  const claim = await claimOnce(sealed, ports.seen);
  try {
    const event = await openEvent(sealed, ports.recipient);
    await rules.handle(ofTypes(event, rules.types));
  } catch (error) {
    // Should this fail too, the lease ends by itself, and what went wrong first is what is told.
    await claim.release().catch(() => undefined);
    throw error;
  }
  await claim.finish();
}

async function claimOnce(event: SealedEvent, seen: SeenEvents): Promise<EventClaim> {
  const claim = await seen.claim(event);
  if (claim === "handled") throw new EventRefusal("replayed", "the event was handled before");
  if (claim === "held") throw new EventHeld(event.id);
  return claim;
}

function ofTypes<Type extends EventType>(event: DomainEvent, types: readonly Type[]): EventOf<Type> {
  if (isOneOf(event, types)) return event;
  throw new EventRefusal("wrong-recipient", "the consumer takes no events of the type");
}

function isOneOf<Type extends EventType>(
  event: DomainEvent,
  types: readonly Type[],
): event is DomainEvent & EventOf<Type> {
  return types.some((type) => type === event.type);
}
