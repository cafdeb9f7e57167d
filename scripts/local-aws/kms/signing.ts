import { constants, type KeyObject, sign, verify } from "node:crypto";
import { AwsError } from "../kernel/aws-error.ts";
import { fromDer, toDer } from "./der-signature.ts";
import { signDigest, verifyDigest } from "./ecdsa-digest.ts";

/** What is signed, and how. */
export interface Signing {
  readonly algorithm: string;
  readonly message: Buffer;
  /** Whether the message is a digest already. */
  readonly isDigest: boolean;
}

const ECDSA = "ECDSA_SHA_256";
const DIGEST_BYTES = 32;
const RSA = /^RSASSA_(?<scheme>PSS|PKCS1_V1_5)_SHA_(?<bits>256|384|512)$/;

/** https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html */
export function signingAlgorithms(keySpec: string): readonly string[] {
  if (keySpec === "ECC_NIST_P256") return [ECDSA];
  return ["PSS", "PKCS1_V1_5"].flatMap((scheme) =>
    [256, 384, 512].map((bits) => `RSASSA_${scheme}_SHA_${bits}`),
  );
}

/** Throws UnsupportedOperationException for a digest under an RSA key, ValidationException for one of another length. */
export function makeSignature(privateKey: KeyObject, { algorithm, message, isDigest }: Signing): Buffer {
  if (isDigest) return toDer(signDigest(privateKey, digestOf(algorithm, message)));
  if (algorithm === ECDSA) return sign("sha256", message, privateKey);
  return sign(hashOf(algorithm), message, { key: privateKey, ...paddingOf(algorithm) });
}

/** As {@link makeSignature}. */
export function isSignature(
  privateKey: KeyObject,
  publicKey: KeyObject,
  signing: Signing,
  signature: Buffer,
): boolean {
  const { algorithm, message, isDigest } = signing;
  if (isDigest) {
    const plain = fromDer(signature);
    return plain !== undefined && verifyDigest(privateKey, digestOf(algorithm, message), plain);
  }
  if (algorithm === ECDSA) return verify("sha256", message, publicKey, signature);
  return verify(hashOf(algorithm), message, { key: publicKey, ...paddingOf(algorithm) }, signature);
}

function digestOf(algorithm: string, message: Buffer): Buffer {
  if (algorithm !== ECDSA)
    throw new AwsError("UnsupportedOperationException", "The local KMS signs digests with ECC keys alone");
  if (message.length !== DIGEST_BYTES)
    throw new AwsError("ValidationException", `Digest is invalid length for algorithm ${algorithm}.`);
  return message;
}

function hashOf(algorithm: string): string {
  return `sha${RSA.exec(algorithm)?.groups?.bits ?? ""}`;
}

function paddingOf(algorithm: string): { padding: number; saltLength?: number } {
  return RSA.exec(algorithm)?.groups?.scheme === "PSS"
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { padding: constants.RSA_PKCS1_PADDING };
}
