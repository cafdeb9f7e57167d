import { randomBytes } from "node:crypto";
import type { Identities } from "../iam/identities.ts";
import type { RequestContext } from "../iam/request-context.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Caller } from "../kernel/caller.ts";
import { jsonProtocol } from "../kernel/json-protocol.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import { decrypt, type EncryptionContext, encrypt, keyIdOf } from "./ciphertext.ts";
import { authorizeOnKey } from "./key-access.ts";
import { keyMetadata } from "./key-metadata.ts";
import type { Key, Keys } from "./keys.ts";
import { type Body, bytesOf, contextOf, dataKeyBytes, parseBody, textOf } from "./request.ts";
import { isSignature, makeSignature, type Signing, signingAlgorithms } from "./signing.ts";

const LARGEST_TEXT = 4096;
const LARGEST_CIPHERTEXT = 6144;
const SYMMETRIC = "SYMMETRIC_DEFAULT";
const protocol = jsonProtocol("1.1", "TrentService");

/** AWS Key Management Service: the template's keys and aliases, signing, and encryption bound to a context. */
export class Kms implements Service {
  readonly name = "kms";
  readonly #identities: Identities;
  readonly #accountId: string;
  readonly #region: string;
  readonly #keys: Keys;

  constructor(parts: {
    readonly identities: Identities;
    readonly accountId: string;
    readonly region: string;
    readonly keys: Keys;
  }) {
    this.#identities = parts.identities;
    this.#accountId = parts.accountId;
    this.#region = parts.region;
    this.#keys = parts.keys;
  }

  accepts(request: AwsRequest): boolean {
    return protocol.operationOf(request) !== undefined;
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const operation = protocol.operationOf(request) ?? "";
    return protocol.respond(this.#perform(operation, request.caller, parseBody(request.body)), request);
  }

  readonly refuse = protocol.refuse;

  #perform(operation: string, caller: Caller, body: Body): object {
    switch (operation) {
      case "CreateKey":
        return this.#createKey(caller, body);
      case "DescribeKey":
        return { KeyMetadata: keyMetadata(this.#authorized(caller, operation, body), this.#accountId) };
      case "GetPublicKey":
        return this.#getPublicKey(this.#authorized(caller, operation, body));
      case "Sign":
      case "Verify":
        return this.#signOrVerify(caller, operation, body);
      case "Encrypt":
        return this.#encrypt(caller, body);
      case "Decrypt":
        return this.#decrypt(caller, body);
      case "GenerateDataKey":
      case "GenerateDataKeyWithoutPlaintext":
        return this.#generateDataKey(caller, operation, body);
      default:
        throw new AwsError("UnknownOperationException", `there is no operation ${operation}`);
    }
  }

  #createKey(caller: Caller, { KeySpec, KeyUsage, Policy, Description = "" }: Body): object {
    const resource = `arn:aws:kms:${this.#region}:${this.#accountId}:key/*`;
    this.#identities.authorize(caller, "kms:CreateKey", resource);
    const key = this.#keys.create({
      spec: KeySpec,
      usage: KeyUsage,
      policy: typeof Policy === "string" ? parsePolicy(Policy) : undefined,
      description: String(Description),
    });
    return { KeyMetadata: keyMetadata(key, this.#accountId) };
  }

  #getPublicKey(key: Key): object {
    if (key.usage !== "SIGN_VERIFY")
      throw new AwsError("UnsupportedOperationException", `${key.arn} is not an asymmetric key.`);
    return {
      KeyId: key.arn,
      PublicKey: this.#keys.pairOf(key).publicKey.export({ type: "spki", format: "der" }).toString("base64"),
      CustomerMasterKeySpec: key.spec,
      KeySpec: key.spec,
      KeyUsage: key.usage,
      SigningAlgorithms: signingAlgorithms(key.spec),
    };
  }

  #signOrVerify(caller: Caller, operation: "Sign" | "Verify", body: Body): object {
    const algorithm = textOf(body.SigningAlgorithm, "signingAlgorithm");
    const type = body.MessageType === undefined ? "RAW" : textOf(body.MessageType, "messageType");
    const key = this.#usable(caller, operation, body, "SIGN_VERIFY", {
      "kms:SigningAlgorithm": algorithm,
      "kms:MessageType": type,
    });
    if (!signingAlgorithms(key.spec).includes(algorithm))
      throw new AwsError(
        "InvalidKeyUsageException",
        `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
      );
    const signing: Signing = {
      algorithm,
      message: bytesOf(body.Message, "message", LARGEST_TEXT),
      isDigest: type === "DIGEST",
    };
    const { privateKey, publicKey } = this.#keys.pairOf(key);
    const answer = { KeyId: key.arn, SigningAlgorithm: algorithm };
    if (operation === "Sign")
      return { ...answer, Signature: makeSignature(privateKey, signing).toString("base64") };
    const signature = bytesOf(body.Signature, "signature", LARGEST_CIPHERTEXT);
    // KMS does not say that it is not valid: it refuses.
    if (!isSignature(privateKey, publicKey, signing, signature))
      throw new AwsError("KMSInvalidSignatureException", "");
    return { ...answer, SignatureValid: true };
  }

  #encrypt(caller: Caller, body: Body): object {
    const context = contextOf(body.EncryptionContext);
    const key = this.#usable(caller, "Encrypt", body, "ENCRYPT_DECRYPT", boundTo(context));
    const plaintext = bytesOf(body.Plaintext, "plaintext", LARGEST_TEXT);
    const CiphertextBlob = encrypt(key.id, this.#keys.secretOf(key), plaintext, context).toString("base64");
    return { KeyId: key.arn, CiphertextBlob, EncryptionAlgorithm: SYMMETRIC };
  }

  #decrypt(caller: Caller, body: Body): object {
    const context = contextOf(body.EncryptionContext);
    const ciphertext = bytesOf(body.CiphertextBlob, "ciphertextBlob", LARGEST_CIPHERTEXT);
    const keyId = keyIdOf(ciphertext);
    if (keyId === undefined) throw invalidCiphertext();
    const key = this.#usable(caller, "Decrypt", { KeyId: keyId }, "ENCRYPT_DECRYPT", boundTo(context));
    if (typeof body.KeyId === "string" && this.#keys.find(body.KeyId).id !== keyId)
      throw new AwsError(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
      );
    const plaintext = decrypt(this.#keys.secretOf(key), ciphertext, context);
    if (!plaintext) throw invalidCiphertext();
    return { KeyId: key.arn, Plaintext: plaintext.toString("base64"), EncryptionAlgorithm: SYMMETRIC };
  }

  #generateDataKey(caller: Caller, operation: string, body: Body): object {
    const context = contextOf(body.EncryptionContext);
    const key = this.#usable(caller, operation, body, "ENCRYPT_DECRYPT", boundTo(context));
    const plaintext = randomBytes(dataKeyBytes(body));
    return {
      KeyId: key.arn,
      CiphertextBlob: encrypt(key.id, this.#keys.secretOf(key), plaintext, context).toString("base64"),
      ...(operation === "GenerateDataKey" && { Plaintext: plaintext.toString("base64") }),
    };
  }

  #usable(caller: Caller, operation: string, body: Body, usage: Key["usage"], context: RequestContext): Key {
    const key = this.#authorized(caller, operation, body, context);
    if (!key.enabled) throw new AwsError("DisabledException", `${key.arn} is disabled.`);
    if (key.usage !== usage)
      throw new AwsError(
        "InvalidKeyUsageException",
        `${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`,
      );
    return key;
  }

  /** Keys: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html */
  #authorized(caller: Caller, operation: string, { KeyId }: Body, context: RequestContext = {}): Key {
    const name = textOf(KeyId, "keyId");
    const key = this.#keys.find(name);
    const [, alias] = /(?:^|:)(alias\/.+)$/.exec(name) ?? [];
    authorizeOnKey(this.#identities, caller, `kms:${operation}`, key, {
      "kms:CallerAccount": caller.kind === "anonymous" ? undefined : caller.accountId,
      "kms:KeySpec": key.spec,
      "kms:KeyUsage": key.usage,
      "kms:ResourceAliases": key.aliases,
      "kms:RequestAlias": alias,
      ...context,
    });
    return key;
  }
}

function boundTo(context: EncryptionContext): RequestContext {
  return {
    "kms:EncryptionAlgorithm": SYMMETRIC,
    "kms:EncryptionContextKeys": Object.keys(context),
    ...Object.fromEntries(
      Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]),
    ),
  };
}

function parsePolicy(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError("MalformedPolicyDocumentException", "Policy contains invalid json");
  }
}

/** Without a message, as on AWS: why is not for the caller to know. */
function invalidCiphertext(): AwsError {
  return new AwsError("InvalidCiphertextException", "");
}
