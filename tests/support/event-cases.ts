import type { DomainEvent } from "../../src/domain/messaging/domain-event.ts";
import { signEvent } from "../../src/domain/messaging/event-signature.ts";
import type { Consumer, Producer } from "../../src/domain/messaging/event-type.ts";
import type { DataKey, DataKeys, KeyScope, Signer } from "../../src/domain/messaging/key-ports.ts";
import type { SealedEvent } from "../../src/domain/messaging/sealed-event.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { delivery, someEvent } from "./event-world.ts";

const HOUR = 3_600_000;
/** More than five minutes, also when it has taken a while to deliver it. */
const AHEAD = 420_000;
export const TENANTS = [newTenantId(), newTenantId()] as const;
/** Before the signature was found good: nothing of such an event is remembered or decrypted. */
export const UNSIGNED = [
  "malformed",
  "unknown-producer",
  "foreign-type",
  "mismatched-source",
  "unknown-signer",
  "foreign-signer",
  "bad-signature",
];
const MEMBERS = [
  ...["specversion", "id", "source", "type", "time", "subject", "signedtime"],
  ...["dataschema", "datacontenttype", "data", "signature"],
] as const;
const DATA_MEMBERS = ["protected", "recipients", "aad", "iv", "ciphertext", "tag"] as const;

/** Producers, and those who are none: in memory, or with KMS. */
export interface Forge {
  readonly signers: Readonly<Record<Producer, Signer>>;
  /** A key that nobody trusts. */
  readonly stranger: Signer;
  /** Another key under the id of a key of gatehouse.airline. */
  readonly impostor: Signer;
  readonly now: () => number;
  wrapNew(scope: KeyScope, consumers: readonly Consumer[]): Promise<DataKey>;
  seal(event: DomainEvent, by?: { signer?: Signer; at?: number; keys?: DataKeys }): Promise<SealedEvent>;
}

/** What is delivered of one event, and what is to become of each delivery. */
export interface Case {
  readonly deliveries: readonly unknown[];
  readonly handled: readonly DomainEvent[];
  /** Of each that is refused: the reason, or those of which it has to be one. */
  readonly refused: readonly { readonly delivered: unknown; readonly reasons: readonly string[] }[];
}

type Make = (forge: Forge, event: DomainEvent, random: number) => Promise<Case>;

const good = (event: DomainEvent, ...deliveries: unknown[]): Case => ({
  deliveries,
  handled: [event],
  refused: [],
});
const bad = (reasons: string | readonly string[], delivered: unknown): Case => ({
  deliveries: [delivered],
  handled: [],
  refused: [{ delivered, reasons: [reasons].flat() }],
});

const airline = (event: DomainEvent): DomainEvent =>
  event.source === "gatehouse.airline" ? event : someEvent(0, event.tenantId, Date.parse(event.time));

const without = (object: object, member: string): unknown =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));

/** Signed again by its own producer, so that nothing but the change can be what is refused. */
async function signedAgain(forge: Forge, changed: object): Promise<SealedEvent> {
  const { signature: _signature, ...unsigned } = changed as SealedEvent;
  const signer = forge.signers[unsigned.source] ?? forge.signers["gatehouse.airline"];
  return { ...unsigned, signature: await signEvent(unsigned, signer) };
}

/** As it is delivered with a bit flipped; a text where it is no JSON any more. */
export function flip(text: string, random: number): unknown {
  const bytes = Buffer.from(text);
  const at = (random >> 3) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (random & 7));
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return bytes.toString();
  }
}

/** All that must not be changed, of what is delivered. */
export const signed = (delivered: unknown) => {
  const { source, detail, ...own } = Object(delivered);
  return JSON.stringify([source, own["detail-type"], detail]);
};

/** Kinds of events among which there may be any other, by what is wrong with them. */
const MAKE: Readonly<Record<string, Make>> = {
  valid: async (forge, event) => good(event, delivery(await forge.seal(event))),
  "with another wrapper of EventBridge": async (forge, event, random) =>
    good(
      event,
      delivery(await forge.seal(event), { id: `x${random}`, time: "", region: null, extra: random }),
    ),
  "with a flipped bit": async (forge, event, random) => {
    const original = delivery(await forge.seal(event));
    const flipped = flip(JSON.stringify(original), random);
    return signed(flipped) === signed(original) ? good(event, flipped) : bad(UNSIGNED, flipped);
  },
  "of a foreign signer": async (forge, event) =>
    bad("unknown-signer", delivery(await forge.seal(event, { signer: forge.stranger }))),
  "of a foreign signer under a trusted key's id": async (forge, event) =>
    bad("bad-signature", delivery(await forge.seal(airline(event), { signer: forge.impostor }))),
  "of a known signer in another's name": async (forge, event) => {
    const sealed = await forge.seal(airline(event), { signer: forge.signers["gatehouse.hooks"] });
    return bad("foreign-signer", delivery(sealed));
  },
  "of a known signer with another's type": async (forge, event) => {
    const sealed = await forge.seal({ ...airline(event), source: "gatehouse.hooks" });
    return bad("foreign-type", delivery(sealed));
  },
  "of an unknown producer": async (forge, event) => {
    const sealed = await signedAgain(forge, { ...(await forge.seal(event)), source: "gatehouse.other" });
    return bad("unknown-producer", delivery(sealed));
  },
  "under another type than its own": async (forge, event) => {
    const sealed = await forge.seal(event);
    return bad("mismatched-source", { ...delivery(sealed), "detail-type": "tenant.resumed" });
  },
  old: async (forge, event, random) => {
    const at = forge.now() - 96 * HOUR - 1 - (random % (1000 * HOUR));
    return bad("stale", delivery(await forge.seal(event, { at })));
  },
  "of the future": async (forge, event, random) =>
    bad("stale", delivery(await forge.seal(event, { at: forge.now() + AHEAD + (random % HOUR) }))),
  twice: async (forge, event) => {
    // Sent again, so that neither EventBridge's id nor the signature is the same.
    const [first, second] = [delivery(await forge.seal(event)), delivery(await forge.seal(event))];
    const { refused } = bad("replayed", second);
    return { deliveries: [first, second], handled: [event], refused };
  },
  "without a member": async (forge, event, random) => {
    const sealed = await forge.seal(event);
    const member = MEMBERS[random % MEMBERS.length] ?? "id";
    const changed = without(sealed, member) as SealedEvent;
    const again = member !== "signature" && random % 2 === 0 ? await signedAgain(forge, changed) : changed;
    return bad("malformed", { ...delivery(sealed), detail: again });
  },
  "without a member of its data": async (forge, event, random) => {
    const sealed = await forge.seal(event);
    const member = DATA_MEMBERS[random % DATA_MEMBERS.length] ?? "iv";
    const changed = await signedAgain(forge, { ...sealed, data: without(sealed.data, member) });
    return bad("malformed", delivery(changed));
  },
  "without a member of EventBridge's that counts": async (forge, event, random) => {
    const member = ["detail", "source", "detail-type"][random % 3] ?? "";
    const reason = member === "detail" ? "malformed" : "mismatched-source";
    return bad(reason, without(delivery(await forge.seal(event)), member));
  },
  "with a member too many": async (forge, event) => {
    const sealed = { ...(await forge.seal(event)), tenant: TENANTS[0] };
    return bad("malformed", delivery(await signedAgain(forge, sealed)));
  },
  "with a key that was wrapped for another tenant": async (forge, event) => {
    const [one, other] = TENANTS;
    const tenantId = event.tenantId === one ? other : one;
    const foreign = { current: () => forge.wrapNew({ tenantId, type: event.type }, ["audit"]) };
    const sealed = await forge.seal(event, { keys: foreign });
    return bad("undecryptable", delivery(sealed));
  },
  "with the data of another tenant's event": async (forge, event) => {
    const [one, other] = TENANTS;
    const foreign = await forge.seal({ ...event, tenantId: event.tenantId === one ? other : one });
    const sealed = await forge.seal(event);
    return bad("wrong-context", delivery(await signedAgain(forge, { ...sealed, data: foreign.data })));
  },
  "with the data of another event of its tenant": async (forge, event) => {
    const foreign = await forge.seal({ ...event, id: `evt_${"0".repeat(26)}` });
    const sealed = await forge.seal(event);
    return bad("wrong-context", delivery(await signedAgain(forge, { ...sealed, data: foreign.data })));
  },
  "for others alone": async (forge, event) => {
    const sealed = await forge.seal(event);
    const recipients = [
      { ...sealed.data.recipients[0], header: { ...sealed.data.recipients[0]?.header, kid: "x" } },
    ];
    const changed = await signedAgain(forge, { ...sealed, data: { ...sealed.data, recipients } });
    return bad("wrong-recipient", delivery(changed));
  },
  "with data of another form": async (forge, event) =>
    bad(
      "invalid-data",
      delivery(await forge.seal({ ...event, data: { flightId: 1 } } as unknown as DomainEvent)),
    ),
};

export const KINDS = Object.keys(MAKE);

export async function made(forge: Forge, kind: string, event: DomainEvent, random: number): Promise<Case> {
  const make = MAKE[kind];
  if (!make) throw new Error(`there is no kind ${kind}`);
  return make(forge, event, random);
}

/** In an order that the numbers tell. */
export function shuffled<Item>(items: readonly Item[], order: readonly number[]): Item[] {
  return items
    .map((item, index) => ({ item, place: order[index] ?? 0 }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
