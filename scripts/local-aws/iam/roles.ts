import { createHash } from "node:crypto";
import type { PolicyDocument, PolicyStatement } from "../kernel/caller.ts";
import type { Stack, StackResource } from "../kernel/stack.ts";
import { listOf } from "./conditions.ts";

/** An IAM role of the stack with everything that decides what its sessions may do. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  /** `AROA…`, the first half of a session's `aws:userid`. */
  readonly id: string;
  readonly trustPolicy: PolicyDocument;
  /** Inline and attached policies; a request needs an Allow of any of them. */
  readonly policies: readonly PolicyDocument[];
  /** A ceiling that must allow a request too. */
  readonly boundary: PolicyDocument | undefined;
  readonly maxSessionDurationSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
}

const DEFAULT_MAX_SESSION_SECONDS = 3600;
const NOTHING: PolicyDocument = { Version: "2012-10-17", Statement: [] };

/**
 * The roles of a stack, read from its `AWS::IAM::Role`, `Policy`, `RolePolicy` and `ManagedPolicy` resources.
 * A managed policy that the template does not define (AWS's own) grants nothing here.
 */
export class Roles {
  readonly #stack: Stack;
  readonly #byName = new Map<string, Role | undefined>();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** The role of that name; undefined when the template has none. */
  named(name: string): Role | undefined {
    if (!this.#byName.has(name)) {
      const resource = this.#stack.resources("AWS::IAM::Role").find(({ physicalId }) => physicalId === name);
      this.#byName.set(name, resource && this.#read(resource));
    }
    return this.#byName.get(name);
  }

  /** The role of that ARN; undefined when the template has none. */
  withArn(arn: string): Role | undefined {
    const role = this.named(arn.slice(arn.lastIndexOf("/") + 1));
    return role?.arn === arn ? role : undefined;
  }

  /** The document of a managed policy; one that the template does not define allows nothing. */
  managedPolicy(arnOrId: string): PolicyDocument {
    const resource = this.#stack
      .resources("AWS::IAM::ManagedPolicy")
      .find(({ logicalId, physicalId, properties }) => {
        const name = String(properties.ManagedPolicyName ?? physicalId);
        return arnOrId === physicalId || arnOrId === logicalId || arnOrId.endsWith(`:policy/${name}`);
      });
    return resource ? parsePolicyDocument(resource.properties.PolicyDocument) : NOTHING;
  }

  #read({ physicalId: name, properties }: StackResource): Role {
    const inline = recordsOf(properties.Policies).map(({ PolicyDocument }) => PolicyDocument);
    const attached = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"]
      .flatMap((type) => this.#stack.resources(type))
      .filter((policy) => listOf(policy.properties.Roles).includes(name));
    const single = this.#stack
      .resources("AWS::IAM::RolePolicy")
      .filter(({ properties: { RoleName } }) => RoleName === name);
    return {
      name,
      arn: `arn:aws:iam::${this.#stack.accountId}:role/${name}`,
      id: `AROA${createHash("sha256").update(name).digest("hex").slice(0, 17).toUpperCase()}`,
      trustPolicy: parsePolicyDocument(properties.AssumeRolePolicyDocument),
      policies: [
        ...inline.map(parsePolicyDocument),
        ...[...attached, ...single].map((policy) => parsePolicyDocument(policy.properties.PolicyDocument)),
        ...listOf(properties.ManagedPolicyArns).map((arn) => this.managedPolicy(arn)),
      ],
      boundary:
        properties.PermissionsBoundary === undefined
          ? undefined
          : this.managedPolicy(String(properties.PermissionsBoundary)),
      maxSessionDurationSeconds: Number(properties.MaxSessionDuration ?? DEFAULT_MAX_SESSION_SECONDS),
      tags: Object.fromEntries(
        recordsOf(properties.Tags).map(({ Key, Value }) => [String(Key), String(Value)]),
      ),
    };
  }
}

/** Reads a policy document. Throws when the value is none. */
export function parsePolicyDocument(value: unknown): PolicyDocument {
  if (typeof value !== "object" || value === null || !("Statement" in value))
    throw new Error("a policy document has no Statement");
  const statements: readonly unknown[] = [value.Statement].flat();
  for (const statement of statements)
    if (typeof statement !== "object" || statement === null || !("Effect" in statement))
      throw new Error("a policy statement has no Effect");
  const version = "Version" in value ? { Version: String(value.Version) } : {};
  return { ...version, Statement: statements as readonly PolicyStatement[] };
}

function recordsOf(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value : [];
}
