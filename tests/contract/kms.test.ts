import { createHash, createPublicKey, verify } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
  type SignCommandInput,
  VerifyCommand,
} from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Template } from "../../scripts/local-aws/kernel/stack.ts";
import { startEventStack } from "./support/event-stack.ts";
import {
  ACCOUNT,
  REGION,
  ROOT_CREDENTIALS,
  role,
  roleArn,
  stackOf,
  trusting,
} from "./support/tenant-stack.ts";

const lambda = trusting({ Service: "lambda.amazonaws.com" });
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const statement = (AWS: unknown, Action: unknown, more: object = {}) => ({
  Effect: "Allow",
  Principal: { AWS },
  Action,
  Resource: "*",
  ...more,
});
const key = (statements: object[], more: object = {}) => ({
  Type: "AWS::KMS::Key",
  Properties: { KeyPolicy: { Version: "2012-10-17", Statement: statements }, ...more },
});
const actor = (name: string): [string, object] => [
  `${name}Function`,
  {
    Type: "AWS::Lambda::Function",
    Properties: { FunctionName: name, Role: { "Fn::GetAtt": [name, "Arn"] } },
  },
];

const SIGNING = "alias/signing";

/** The producer alone signs; consumers read what is bound to them; administrators manage and use nothing. */
const resources: Template["Resources"] = {
  Signing: key(
    [statement(ROOT, ["kms:Describe*", "kms:GetPublicKey"]), statement(roleArn("Producer"), "kms:Sign")],
    {
      KeySpec: "ECC_NIST_P256",
      KeyUsage: "SIGN_VERIFY",
    },
  ),
  SigningAlias: {
    Type: "AWS::KMS::Alias",
    Properties: { AliasName: "alias/signing", TargetKeyId: { Ref: "Signing" } },
  },
  Data: key([
    statement(roleArn("Producer"), ["kms:GenerateDataKey*", "kms:Encrypt"]),
    statement(roleArn("Consumer"), "kms:Decrypt", {
      Condition: { StringEquals: { "kms:EncryptionContext:consumer": "audit" } },
    }),
    statement(roleArn("Forbidden"), "kms:Decrypt"),
  ]),
  Delegating: key([statement(ROOT, "kms:*")]),
  Rsa: key([statement(ROOT, "kms:*")], { KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" }),
  Off: key([statement(ROOT, "kms:*")], { Enabled: false }),
  Producer: role("Producer", [], [lambda]),
  Consumer: role("Consumer", [], [lambda]),
  Generous: role("Generous", [{ Effect: "Allow", Action: "kms:*", Resource: "*" }], [lambda]),
  Forbidden: role("Forbidden", [{ Effect: "Deny", Action: "kms:*", Resource: "*" }], [lambda]),
  ...Object.fromEntries(["Producer", "Consumer", "Generous", "Forbidden"].map(actor)),
};

let stack: Awaited<ReturnType<typeof startEventStack>>;
beforeAll(async () => {
  stack = await startEventStack(resources);
});
afterAll(() => stack.close());

const kms = (as?: string, on = stack) =>
  new KMSClient({
    region: REGION,
    endpoint: on.aws.endpoint,
    credentials: as === undefined ? ROOT_CREDENTIALS : on.aws.identities.forFunction(`${as}Function`),
    maxAttempts: 1,
  });

const idOf = async (name: string) => {
  const { KeyMetadata } = await kms().send(new DescribeKeyCommand({ KeyId: name }));
  return KeyMetadata?.KeyId ?? "";
};
/** As the template gives it. */
const refOf = (logicalId: string) => stackOf(resources).ref(logicalId);

const sign = (as: string | undefined, changes: Partial<SignCommandInput> = {}) =>
  kms(as).send(
    new SignCommand({
      KeyId: SIGNING,
      Message: Buffer.from("hello"),
      SigningAlgorithm: "ECDSA_SHA_256",
      ...changes,
    }),
  );

const CONTEXT = { tenant: "ten_1", consumer: "audit" };
const denied = { name: "AccessDeniedException" };

describe("a key is refused", () => {
  it("to all whom its policy does not name: the account's administrators, and a role that may do everything", async () => {
    await expect(sign(undefined)).rejects.toMatchObject({
      ...denied,
      message: expect.stringContaining("because no resource-based policy allows the kms:Sign action"),
    });
    await expect(sign("Generous")).rejects.toMatchObject(denied);
    await expect(sign("Consumer")).rejects.toMatchObject(denied);
    expect((await sign("Producer")).Signature).toBeDefined();
  });

  it("to a role that the policy leaves to its account, unless its own policies allow it", async () => {
    const encrypt = (as: string) =>
      kms(as).send(new EncryptCommand({ KeyId: refOf("Delegating"), Plaintext: Buffer.from("x") }));
    await expect(encrypt("Producer")).rejects.toMatchObject({
      ...denied,
      message: expect.stringContaining("because no identity-based policy allows"),
    });
    expect((await encrypt("Generous")).CiphertextBlob).toBeDefined();
  });

  it("to a consumer of another context, and to one whom its own policies deny", async () => {
    const KeyId = refOf("Data");
    const encrypted = async (EncryptionContext: Record<string, string>) =>
      (
        await kms("Producer").send(
          new EncryptCommand({ KeyId, Plaintext: Buffer.from("x"), EncryptionContext }),
        )
      ).CiphertextBlob;
    const decrypt = (
      as: string,
      CiphertextBlob: Uint8Array | undefined,
      EncryptionContext: Record<string, string>,
    ) => kms(as).send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    const mine = await encrypted(CONTEXT);
    const others = { ...CONTEXT, consumer: "billing" };
    await expect(decrypt("Consumer", await encrypted(others), others)).rejects.toMatchObject(denied);
    await expect(decrypt("Consumer", mine, {})).rejects.toMatchObject(denied);
    await expect(decrypt("Producer", mine, CONTEXT)).rejects.toMatchObject(denied);
    await expect(decrypt("Forbidden", mine, CONTEXT)).rejects.toMatchObject({
      ...denied,
      message: expect.stringContaining("explicit deny in an identity-based policy"),
    });
    expect(Buffer.from((await decrypt("Consumer", mine, CONTEXT)).Plaintext ?? []).toString()).toBe("x");
  });

  it("that there is not, that is disabled, and for what it is not for", async () => {
    const encrypt = (KeyId: string) => kms().send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("x") }));
    await expect(encrypt("alias/none")).rejects.toMatchObject({ name: "NotFoundException" });
    await expect(encrypt(crypto.randomUUID())).rejects.toMatchObject({ name: "NotFoundException" });
    await expect(encrypt(refOf("Off"))).rejects.toMatchObject({ name: "DisabledException" });
    await expect(encrypt(refOf("Rsa"))).rejects.toMatchObject({ name: "InvalidKeyUsageException" });
    await expect(kms().send(new GetPublicKeyCommand({ KeyId: refOf("Delegating") }))).rejects.toMatchObject({
      name: "UnsupportedOperationException",
    });
    await expect(sign("Producer", { SigningAlgorithm: "RSASSA_PSS_SHA_256" })).rejects.toMatchObject({
      name: "InvalidKeyUsageException",
    });
  });

  it("for texts that are too long, or digests that are none", async () => {
    const wrong = { name: "ValidationException" };
    await expect(sign("Producer", { Message: Buffer.alloc(4097, 1) })).rejects.toMatchObject(wrong);
    await expect(sign("Producer", { MessageType: "DIGEST" })).rejects.toMatchObject(wrong);
    const KeyId = refOf("Delegating");
    await expect(
      kms().send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4097) })),
    ).rejects.toMatchObject(wrong);
    await expect(kms().send(new GenerateDataKeyCommand({ KeyId }))).rejects.toMatchObject(wrong);
  });
});

describe("a signature", () => {
  it("verifies with the public key alone, whether of a message or of its digest", async () => {
    const { PublicKey } = await kms().send(new GetPublicKeyCommand({ KeyId: SIGNING }));
    const publicKey = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: "der", type: "spki" });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (message) => {
        const digest = createHash("sha256").update(message).digest();
        const raw = await sign("Producer", { Message: message });
        const ofDigest = await sign("Producer", { Message: digest, MessageType: "DIGEST" });
        for (const { Signature } of [raw, ofDigest])
          expect(verify("sha256", message, publicKey, Signature ?? Buffer.alloc(0))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ["ECC_NIST_P256", "ECDSA_SHA_256", "RAW"],
    ["ECC_NIST_P256", "ECDSA_SHA_256", "DIGEST"],
    ["RSA_2048", "RSASSA_PSS_SHA_256", "RAW"],
    ["RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512", "RAW"],
  ] as const)(
    "of %s by %s over %s is refused when a bit of it or of the message is another",
    async (KeySpec, SigningAlgorithm, MessageType) => {
      const { KeyMetadata } = await kms().send(new CreateKeyCommand({ KeySpec, KeyUsage: "SIGN_VERIFY" }));
      const request = { KeyId: KeyMetadata?.KeyId, SigningAlgorithm, MessageType };
      const Message = createHash("sha256").update("x").digest();
      const { Signature = new Uint8Array() } = await kms().send(new SignCommand({ ...request, Message }));
      const check = (message: Uint8Array, signature: Uint8Array) =>
        kms().send(new VerifyCommand({ ...request, Message: message, Signature: signature }));
      expect((await check(Message, Signature)).SignatureValid).toBe(true);
      const flipped = (bytes: Uint8Array, bit: number) => {
        const copy = Uint8Array.from(bytes);
        const at = (bit >> 3) % copy.length;
        copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7));
        return copy;
      };
      await fc.assert(
        fc.asyncProperty(fc.nat(4096), fc.boolean(), async (bit, inMessage) => {
          const tried = inMessage
            ? check(flipped(Message, bit), Signature)
            : check(Message, flipped(Signature, bit));
          await expect(tried).rejects.toMatchObject({ name: "KMSInvalidSignatureException" });
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe("a ciphertext", () => {
  it("is not read with another context or a changed bit, and is with the same pairs in another order", async () => {
    const KeyId = refOf("Delegating");
    const EncryptionContext = { a: "1", b: "2" };
    const { CiphertextBlob = new Uint8Array() } = await kms().send(
      new EncryptCommand({ KeyId, Plaintext: Buffer.from("secret"), EncryptionContext }),
    );
    const decrypt = (blob: Uint8Array, context: Record<string, string>) =>
      kms().send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: context }));
    expect(Buffer.from((await decrypt(CiphertextBlob, { b: "2", a: "1" })).Plaintext ?? []).toString()).toBe(
      "secret",
    );
    const unreadable = { name: "InvalidCiphertextException" };
    for (const context of [
      {},
      { a: "1" },
      { a: "1", b: "3" },
      { a: "1", b: "2", c: "" },
      { a: "1b", "": "2" },
    ])
      await expect(decrypt(CiphertextBlob, context)).rejects.toMatchObject(unreadable);
    for (const at of [37, 50, CiphertextBlob.length - 1]) {
      const changed = Uint8Array.from(CiphertextBlob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(decrypt(changed, EncryptionContext)).rejects.toMatchObject(unreadable);
    }
    await expect(decrypt(Buffer.from("nonsense"), {})).rejects.toMatchObject(unreadable);
    await expect(
      kms().send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: SIGNING })),
    ).rejects.toMatchObject({ name: "IncorrectKeyException" });
  });

  it("of a data key gives the data key back, and comes without it when asked", async () => {
    const KeyId = refOf("Delegating");
    const request = { KeyId, KeySpec: "AES_256", EncryptionContext: CONTEXT } as const;
    const { Plaintext, CiphertextBlob } = await kms().send(new GenerateDataKeyCommand(request));
    expect(Plaintext).toHaveLength(32);
    const decrypted = await kms().send(new DecryptCommand({ CiphertextBlob, EncryptionContext: CONTEXT }));
    expect(decrypted.Plaintext).toEqual(Plaintext);
    const without = await kms().send(new GenerateDataKeyWithoutPlaintextCommand(request));
    expect(without).not.toHaveProperty("Plaintext");
    expect(without.CiphertextBlob).toBeDefined();
  });
});

it("a key is known by its id, ARN, alias and alias's ARN, and says what it is", async () => {
  const id = await idOf(SIGNING);
  const prefix = `arn:aws:kms:${REGION}:${ACCOUNT}:`;
  for (const name of [id, `${prefix}key/${id}`, `${prefix}alias/signing`]) expect(await idOf(name)).toBe(id);
  const { KeyMetadata } = await kms().send(new DescribeKeyCommand({ KeyId: id }));
  expect(KeyMetadata).toMatchObject({
    Arn: `${prefix}key/${id}`,
    KeySpec: "ECC_NIST_P256",
    KeyUsage: "SIGN_VERIFY",
    KeyState: "Enabled",
    SigningAlgorithms: ["ECDSA_SHA_256"],
  });
});

it("keys are the same after a restart", async () => {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-kms-"));
  const first = await startEventStack(resources, { stateDirectory: directory });
  const { KeyMetadata } = await kms(undefined, first).send(new CreateKeyCommand({ Description: "made" }));
  const KeyId = KeyMetadata?.KeyId;
  const { CiphertextBlob } = await kms(undefined, first).send(
    new EncryptCommand({ KeyId, Plaintext: Buffer.from("x") }),
  );
  const publicKey = async (on: typeof stack) =>
    (await kms(undefined, on).send(new GetPublicKeyCommand({ KeyId: SIGNING }))).PublicKey;
  const before = await publicKey(first);
  await first.close();
  const second = await startEventStack(resources, { stateDirectory: directory });
  const { Plaintext } = await kms(undefined, second).send(new DecryptCommand({ CiphertextBlob }));
  expect(Buffer.from(Plaintext ?? []).toString()).toBe("x");
  expect(await publicKey(second)).toEqual(before);
  await second.close();
  rmSync(directory, { recursive: true, force: true });
});

it("a key of another kind is not deployed", async () => {
  const odd = { Type: "AWS::KMS::Key", Properties: { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" } };
  await expect(startEventStack({ Odd: odd })).rejects.toThrow("the local KMS has no keys of HMAC_256");
  const unfit = { Type: "AWS::KMS::Key", Properties: { KeySpec: "ECC_NIST_P256" } };
  await expect(startEventStack({ Unfit: unfit })).rejects.toThrow("not compatible");
});
