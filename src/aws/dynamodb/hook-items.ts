import {
  type HookHandle,
  type HookSource,
  isHookHandle,
  isHookScheme,
  isSourceName,
  type SourceName,
} from "../../domain/hooks/hook-source.ts";
import type { SealedSecret } from "../../domain/secrets/sealed-secret.ts";
import { isTenantId, type TenantId } from "../../domain/tenancy/tenant-id.ts";
import { damaged, type Item, type ItemKey, readText } from "./control-items.ts";

/**
 * Items of the ControlTable: a tenant's sources in a partition of their own, `<tenantId>#hooks`, which is all of that
 * table that the role of their routes may write. Messages find a source by the index `byKind`, under its handle.
 *
 * | item | pk | sk | kind / kindSort |
 * |---|---|---|---|
 * | source | `<tenantId>#hooks` | `source#<source>` | `hook#<handle>` / `<source>` |
 * | how many there are | `<tenantId>#hooks` | `count` | |
 */
const PARTITION_END = "#hooks";
/** What sort keys of sources begin with. */
export const SOURCE_PREFIX = "source#";

export const hooksPartition = (tenantId: TenantId): string => `${tenantId}${PARTITION_END}`;
export const hookKey = (tenantId: TenantId, source: SourceName): ItemKey => ({
  pk: hooksPartition(tenantId),
  sk: `${SOURCE_PREFIX}${source}`,
});
/** Where a source lies, for `inTheirPlace`: in the partition of a tenant, whose it is. */
export function hookPlace({ pk, source }: Item): ItemKey | undefined {
  const tenantId = tenantOf(pk);
  return tenantId && isSourceName(source) ? hookKey(tenantId, source) : undefined;
}

function tenantOf(pk: unknown): TenantId | undefined {
  const tenantId = String(pk).slice(0, -PARTITION_END.length);
  return isTenantId(tenantId) && hooksPartition(tenantId) === pk ? tenantId : undefined;
}

export const hookCountKey = (tenantId: TenantId): ItemKey => ({ pk: hooksPartition(tenantId), sk: "count" });
export const hookKind = (handle: HookHandle): string => `hook#${handle}`;

export function hookItem({ tenantId, ...source }: HookSource): Item {
  return {
    ...hookKey(tenantId, source.source),
    kind: hookKind(source.handle),
    kindSort: source.source,
    ...source,
  };
}

/** Throws when the item is not one that this system wrote. */
export function readHook(item: Item): HookSource {
  const { pk, source, handle, scheme, version } = item;
  const tenantId = tenantOf(pk);
  if (!tenantId || !isSourceName(source)) throw damaged(item);
  if (!isHookHandle(handle) || !isHookScheme(scheme) || typeof version !== "number") throw damaged(item);
  const secrets = readSecrets(item);
  return { tenantId, source, handle, scheme, secrets, createdAt: readText(item, "createdAt"), version };
}

function readSecrets(item: Item): SealedSecret[] {
  if (!Array.isArray(item.secrets)) throw damaged(item);
  return item.secrets.map((secret: unknown) => {
    if (typeof secret !== "object" || secret === null) throw damaged(item);
    const { sealed, createdAt, expiresAt } = secret as Record<string, unknown>;
    if (typeof sealed !== "string" || typeof createdAt !== "string") throw damaged(item);
    return { sealed, createdAt, ...(typeof expiresAt === "string" && { expiresAt }) };
  });
}
