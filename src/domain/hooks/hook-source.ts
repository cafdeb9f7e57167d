import { randomBytes } from "node:crypto";
import type { SecretHolder } from "../secrets/sealed-secret.ts";
import type { TenantId } from "../tenancy/tenant-id.ts";

declare const brand: unique symbol;

/** What a tenant calls a third party that sends it messages, e.g. `github`. */
export type SourceName = string & { readonly [brand]: "SourceName" };

/** The last part of a source's address: 192 random bits, so that nobody finds it by trying. */
export type HookHandle = string & { readonly [brand]: "HookHandle" };

/** How third parties sign. */
export const HOOK_SCHEMES = ["standard-webhooks", "github", "stripe"] as const;

export type HookScheme = (typeof HOOK_SCHEMES)[number];

/** So many third parties send messages to one tenant at most. */
export const MOST_SOURCES = 20;

/** A third party that may send a tenant messages. */
export interface HookSource extends SecretHolder {
  readonly tenantId: TenantId;
  readonly source: SourceName;
  readonly handle: HookHandle;
  readonly scheme: HookScheme;
  /** RFC 3339 in UTC. */
  readonly createdAt: string;
  /** 1 for a new source, one more with every change. */
  readonly version: number;
}

const SOURCE_NAME = /^[a-z][a-z0-9-]{0,31}$/;
const HANDLE_BYTES = 24;
const HANDLE = /^[\w-]{32}$/;

export function isSourceName(text: unknown): text is SourceName {
  return typeof text === "string" && SOURCE_NAME.test(text);
}

export function isHookHandle(text: unknown): text is HookHandle {
  return typeof text === "string" && HANDLE.test(text);
}

export function isHookScheme(text: unknown): text is HookScheme {
  return HOOK_SCHEMES.some((scheme) => scheme === text);
}

export function newHookHandle(): HookHandle {
  const handle = randomBytes(HANDLE_BYTES).toString("base64url");
  if (!isHookHandle(handle)) throw new Error("a new handle is none");
  return handle;
}

/** KMS's encryption context of a source's secrets, whose plaintext is a text: a secret of one tenant or source cannot be opened as another's. */
export function sealingContext({ tenantId, source }: Pick<HookSource, "tenantId" | "source">) {
  return { tenant: tenantId, source };
}
