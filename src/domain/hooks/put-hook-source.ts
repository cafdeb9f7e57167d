import type { ReachedTenant } from "../access/verified-tenant.ts";
import { Refusal } from "../refusal.ts";
import { secretsAfter } from "../secrets/secrets-after.ts";
import {
  type HookScheme,
  type HookSource,
  MOST_SOURCES,
  newHookHandle,
  type SourceName,
} from "./hook-source.ts";
import { secretFor } from "./source-secrets.ts";

/** What a tenant says of a third party. */
interface WantedSource {
  readonly scheme: HookScheme;
  readonly secret?: string | undefined;
  readonly overlapSeconds?: number | undefined;
}

interface SourcePorts {
  readonly sources: {
    list(): Promise<readonly HookSource[]>;
    /** Whether there was none of the name, nor too many of others. */
    add(source: HookSource): Promise<boolean>;
    /** Whether it was put in the place of the version before it. */
    replace(source: HookSource): Promise<boolean>;
  };
  readonly seal: (source: Pick<HookSource, "tenantId" | "source">, secret: string) => Promise<string>;
}

interface PutSource {
  readonly source: HookSource;
  /** A secret that was made here, to be shown this once. */
  readonly shown: string | undefined;
}

/**
 * Adds a source, or gives it another secret beside the one that it has. Throws a Refusal `invalid` (the secret does not
 * fit), `conflict` (too many sources, another scheme, two secrets already, changed at the same moment).
 */
export async function putHookSource(
  { sources, seal }: SourcePorts,
  { tenantId }: ReachedTenant,
  name: SourceName,
  { scheme, secret: given, overlapSeconds }: WantedSource,
  now = Date.now(),
): Promise<PutSource> {
  const { secret, isNew } = secretFor(scheme, given);
  const known = await sources.list();
  const before = known.find(({ source }) => source === name);
  if (!before && known.length >= MOST_SOURCES)
    throw new Refusal("conflict", `A tenant has ${MOST_SOURCES} sources at most.`);
  if (before && before.scheme !== scheme)
    throw new Refusal("conflict", `The source signs by ${before.scheme}; delete it to begin anew.`);
  const sealed = await seal({ tenantId, source: name }, secret);
  const secrets = secretsAfter(before ?? { secrets: [] }, sealed, { overlapSeconds, now });
  const source: HookSource = before
    ? { ...before, secrets, version: before.version + 1 }
    : {
        tenantId,
        source: name,
        handle: newHookHandle(),
        scheme,
        secrets,
        createdAt: new Date(now).toISOString(),
        version: 1,
      };
  if (!(await (before ? sources.replace(source) : sources.add(source))))
    throw new Refusal("conflict", "The sources were changed at the same moment; send the request again.");
  return { source, shown: isNew ? secret : undefined };
}
