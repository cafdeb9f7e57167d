import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from "node:crypto";
import { parsePolicyDocument } from "../iam/roles.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { PolicyDocument } from "../kernel/caller.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Collection, Store } from "../kernel/store.ts";

/** A key with its policy. */
export interface Key {
  readonly id: string;
  readonly arn: string;
  readonly spec: KeySpec;
  readonly usage: "ENCRYPT_DECRYPT" | "SIGN_VERIFY";
  readonly enabled: boolean;
  readonly description: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly policy: PolicyDocument;
  /** `alias/…` */
  readonly aliases: readonly string[];
}

const SPECS = ["SYMMETRIC_DEFAULT", "ECC_NIST_P256", "RSA_2048", "RSA_3072", "RSA_4096"] as const;
type KeySpec = (typeof SPECS)[number];

/** Base64 for a symmetric key, PEM (PKCS #8) for a pair. */
type Material = string;
type CreatedKey = Omit<Key, "arn" | "aliases">;

/** What of a key its creator says. */
type Wanted = Pick<Key, "id" | "description" | "enabled"> & {
  readonly spec: unknown;
  readonly usage: unknown;
  readonly policy: unknown;
};

/** The template's keys and aliases, and keys that were created; their material survives the process being killed. */
export class Keys {
  readonly #stack: Stack;
  readonly #clock: Clock;
  readonly #material: Collection<Material>;
  readonly #created: Collection<CreatedKey>;
  readonly #createdAt: Collection<number>;
  readonly #deployed: ReadonlyMap<string, Key>;

  /** Throws for a key of the template that is not imitated. */
  constructor(parts: { readonly store: Store; readonly stack: Stack; readonly clock: Clock }) {
    this.#stack = parts.stack;
    this.#clock = parts.clock;
    this.#material = parts.store.collection<Material>("kms/material");
    this.#created = parts.store.collection<CreatedKey>("kms/keys");
    this.#createdAt = parts.store.collection<number>("kms/created-at");
    const keys = parts.stack.resources("AWS::KMS::Key").map(({ physicalId: id, properties }) =>
      this.#complete({
        id,
        spec: properties.KeySpec,
        usage: properties.KeyUsage,
        enabled: properties.Enabled !== false,
        description: String(properties.Description ?? ""),
        policy: properties.KeyPolicy,
      }),
    );
    this.#deployed = new Map(keys.map((key) => [key.id, this.#withPlace(key)]));
  }

  create(wanted: Omit<Wanted, "id" | "enabled">): Key {
    const key = this.#complete({ ...wanted, id: randomUUID(), enabled: true });
    this.#created.put(key.id, key);
    return this.#withPlace(key);
  }

  /** @param name id, ARN, `alias/…` or an alias's ARN. Throws NotFoundException. */
  find(name: string): Key {
    const prefix = `arn:aws:kms:${this.#stack.region}:${this.#stack.accountId}:`;
    const local = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const id = local.startsWith("alias/") ? this.#aliased(local) : local.replace(/^key\//, "");
    const deployed = this.#deployed.get(id ?? "");
    if (deployed) return deployed;
    const created = this.#created.get(id ?? "");
    if (created) return this.#withPlace(created);
    const what = local.startsWith("alias/")
      ? `Alias ${prefix}${local} is not found.`
      : `Key '${prefix}key/${id}' does not exist`;
    throw new AwsError("NotFoundException", what);
  }

  /** Of a symmetric key. */
  secretOf({ id }: Key): Buffer {
    return Buffer.from(this.#material.get(id) ?? "", "base64");
  }

  /** Of an asymmetric key. */
  pairOf({ id }: Key): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
    const privateKey = createPrivateKey(this.#material.get(id) ?? "");
    return { privateKey, publicKey: createPublicKey(privateKey) };
  }

  #complete({
    id,
    spec = "SYMMETRIC_DEFAULT",
    usage = "ENCRYPT_DECRYPT",
    policy,
    ...others
  }: Wanted): CreatedKey {
    const known = SPECS.find((candidate) => candidate === spec);
    if (!known)
      throw new AwsError("UnsupportedOperationException", `the local KMS has no keys of ${String(spec)}`);
    const fits = (known === "SYMMETRIC_DEFAULT") === (usage === "ENCRYPT_DECRYPT");
    if (!fits || (usage !== "ENCRYPT_DECRYPT" && usage !== "SIGN_VERIFY"))
      throw new AwsError(
        "ValidationException",
        `KeyUsage ${String(usage)} is not compatible with KeySpec ${known}`,
      );
    if (!this.#material.has(id)) {
      this.#material.put(id, newMaterial(known));
      this.#createdAt.put(id, this.#clock.now());
    }
    return {
      ...others,
      id,
      spec: known,
      usage,
      policy: policy === undefined ? this.#defaultPolicy() : parsePolicyDocument(policy),
      createdAt: this.#createdAt.get(id) ?? this.#clock.now(),
    };
  }

  #withPlace(key: CreatedKey): Key {
    const aliases = this.#aliases().filter(({ keyId }) => keyId === key.id);
    return {
      ...key,
      arn: `arn:aws:kms:${this.#stack.region}:${this.#stack.accountId}:key/${key.id}`,
      aliases: aliases.map(({ alias }) => alias),
    };
  }

  #aliased(alias: string): string | undefined {
    return this.#aliases().find((candidate) => candidate.alias === alias)?.keyId;
  }

  #aliases(): { readonly alias: string; readonly keyId: string }[] {
    return this.#stack.resources("AWS::KMS::Alias").map(({ properties }) => ({
      alias: String(properties.AliasName),
      keyId: String(properties.TargetKeyId).replace(/^arn:.*:key\//, ""),
    }));
  }

  /** https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
  #defaultPolicy(): PolicyDocument {
    const AWS = `arn:aws:iam::${this.#stack.accountId}:root`;
    return {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS }, Action: "kms:*", Resource: "*" }],
    };
  }
}

function newMaterial(spec: KeySpec): Material {
  if (spec === "SYMMETRIC_DEFAULT") return randomBytes(32).toString("base64");
  const { privateKey } =
    spec === "ECC_NIST_P256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: Number(spec.slice("RSA_".length)) });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
