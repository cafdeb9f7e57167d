import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  KmsKeyringNode,
  type KmsKeyringNodeInput,
  NodeCachingMaterialsManager,
} from "@aws-crypto/client-node";
import { KMS, type KMSClientConfig } from "@aws-sdk/client-kms";
import { type CryptoKey, flattenedVerify } from "jose";
import { base64url, canonical } from "../../../src/domain/messaging/canonical.ts";
import type { DomainEvent } from "../../../src/domain/messaging/domain-event.ts";
import type { Signer } from "../../../src/domain/messaging/key-ports.ts";
import { hookReceived } from "../../../src/generated/events/hook.received.js";
import type { Envelope } from "../envelopes.ts";

/** Bounds of the content keys that are kept, as ours. */
const BOUNDS = { maxAge: 300_000, maxMessagesEncrypted: 1000 };

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

/**
 * The same CloudEvent with its data encrypted by the AWS Encryption SDK: a keyring of the consumers' keys, key
 * commitment, content keys kept as long as ours. Without the SDK's own signature, which says that the message is one
 * of those who may encrypt, and not whose: the producer signs as in our own envelope.
 */
export function encryptionSdkEnvelope(
  parts: {
    readonly signer: Signer;
    readonly publicKey: CryptoKey;
    readonly kms: KMSClientConfig;
  },
  keyIds: readonly string[],
): Envelope {
  const [generatorKeyId = "", ...others] = keyIds;
  const encrypting = kept(
    new KmsKeyringNode({ generatorKeyId, keyIds: others, clientProvider: kmsOf(parts.kms) }),
  );
  const decrypting = kept(new KmsKeyringNode({ keyIds: [generatorKeyId], clientProvider: kmsOf(parts.kms) }));
  return {
    async seal({ id, source, type, time, tenantId, data }: DomainEvent) {
      const { result } = await encrypt(encrypting, JSON.stringify(data), {
        suiteId: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
        encryptionContext: { tenant: tenantId, type },
      });
      const event = {
        specversion: "1.0",
        ...{ id, source, type, time, subject: tenantId, signedtime: new Date().toISOString() },
        dataschema: `urn:gatehouse:events:${type}:1`,
        datacontenttype: "application/octet-stream",
        data_base64: result.toString("base64"),
      };
      const header = base64url(
        JSON.stringify({ alg: "ES256", kid: parts.signer.keyId, typ: "cloudevents+json" }),
      );
      const signature = await parts.signer.sign(Buffer.from(`${header}.${base64url(canonical(event))}`));
      return JSON.stringify({
        ...event,
        signature: `${header}..${Buffer.from(signature).toString("base64url")}`,
      });
    },
    async open(text) {
      const { signature: jws, ...event } = JSON.parse(text);
      const [header, , signature] = String(jws).split(".");
      const signed = {
        protected: header ?? "",
        payload: base64url(canonical(event)),
        signature: signature ?? "",
      };
      await flattenedVerify(signed, parts.publicKey, { algorithms: ["ES256"] });
      const { plaintext, messageHeader } = await decrypt(
        decrypting,
        Buffer.from(event.data_base64, "base64"),
      );
      const { tenant, type } = messageHeader.encryptionContext;
      if (tenant !== event.subject || type !== event.type) throw new Error("the data is of another event");
      const data: unknown = JSON.parse(plaintext.toString());
      if (!hookReceived(data)) throw new Error("the data is not of its type");
      return data;
    },
  };
}

/** KMS as the Encryption SDK's types would have it: without members that may be undefined. */
function kmsOf(config: KMSClientConfig): NonNullable<KmsKeyringNodeInput["clientProvider"]> {
  const kms = new KMS(config);
  const none = new Uint8Array();
  return () => ({
    async generateDataKey(request) {
      const { KeyId = "", Plaintext = none, CiphertextBlob = none } = await kms.generateDataKey(request);
      return { KeyId, Plaintext, CiphertextBlob };
    },
    async encrypt(request) {
      const { KeyId = "", CiphertextBlob = none } = await kms.encrypt(request);
      return { KeyId, CiphertextBlob };
    },
    async decrypt(request) {
      const { KeyId = "", Plaintext = none } = await kms.decrypt(request);
      return { KeyId, Plaintext };
    },
  });
}

function kept(backingMaterials: KmsKeyringNode): NodeCachingMaterialsManager {
  return new NodeCachingMaterialsManager({
    backingMaterials,
    cache: getLocalCryptographicMaterialsCache(1000),
    ...BOUNDS,
  });
}
