import { flattenedVerify } from "jose";
import { base64url, bytesOf, canonical } from "./canonical.ts";
import { EventRefusal } from "./event-refusal.ts";
import type { Producer } from "./event-type.ts";
import type { TrustedSigners } from "./key-lists.ts";
import type { PublicKeys, Signer } from "./key-ports.ts";
import type { SealedEvent, UnsignedEvent } from "./sealed-event.ts";

const ALGORITHM = "ES256";
/** Says that nothing else was signed than an event, should a key ever sign other things (RFC 8725 §3.11). */
const SIGNED_FORM = "cloudevents+json";
/** R and S (RFC 7518 §3.4). */
const SIGNATURE_BYTES = 64;

/** The detached JWS of an event; what it signs follows from the event itself (RFC 7515 appendix F). */
export async function signEvent(event: UnsignedEvent, signer: Signer): Promise<string> {
  const header = base64url(JSON.stringify({ alg: ALGORITHM, kid: signer.keyId, typ: SIGNED_FORM }));
  const signature = await signer.sign(Buffer.from(`${header}.${payloadOf(event)}`));
  return `${header}..${Buffer.from(signature).toString("base64url")}`;
}

/**
 * Throws EventRefusal (unknown-signer, foreign-signer, bad-signature) unless a trusted key of the event's own
 * producer signed exactly this event. No key is asked for that is not trusted.
 */
export async function verifySignature(
  { signature: jws, ...event }: SealedEvent,
  trusted: TrustedSigners,
  publicKeys: PublicKeys,
): Promise<void> {
  const [header = "", , signature = ""] = jws.split(".");
  const keyId = readKeyId(header);
  requireTrust(keyId, event.source, trusted);
  if (bytesOf(signature)?.length !== SIGNATURE_BYTES)
    throw new EventRefusal("bad-signature", "the signature is not R and S of P-256");
  const publicKey = await publicKeys.of(keyId);
  try {
    await flattenedVerify({ protected: header, payload: payloadOf(event), signature }, publicKey, {
      algorithms: [ALGORITHM],
    });
  } catch (cause) {
    throw new EventRefusal("bad-signature", "the signature is not the signer's over this event", { cause });
  }
}

function payloadOf(event: UnsignedEvent): string {
  return base64url(canonical(event));
}

/** The header has these three parameters and no others: none that chooses an algorithm, brings a key, or is critical. */
function readKeyId(header: string): string {
  const { alg, typ, kid, ...others } = readHeader(header);
  if (alg !== ALGORITHM || typ !== SIGNED_FORM || typeof kid !== "string" || Object.keys(others).length > 0)
    throw new EventRefusal("bad-signature", "the header is not that of an event's signature");
  return kid;
}

function readHeader(header: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(bytesOf(header)?.toString() ?? "");
    if (typeof parsed === "object" && parsed !== null) return Object.fromEntries(Object.entries(parsed));
  } catch {
    // refused below, like any other header that is no object
  }
  throw new EventRefusal("bad-signature", "the header is no object in base64url");
}

function requireTrust(keyId: string, producer: Producer, trusted: TrustedSigners): void {
  if (trusted[producer].includes(keyId)) return;
  if (Object.values(trusted).some((keys) => keys.includes(keyId)))
    throw new EventRefusal("foreign-signer", `the key is not one of ${producer}`);
  throw new EventRefusal("unknown-signer", "the key is nobody's");
}
