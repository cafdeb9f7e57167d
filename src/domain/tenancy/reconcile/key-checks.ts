import { liveKeyIds, type TenantRecord } from "../tenant.ts";
import { type Check, isSettled, isYoung } from "./difference.ts";

/** Ids of the keys that are the tenant's by its record: two while it is rotated. */
export function recordedKeys(tenant: TenantRecord | undefined): readonly string[] {
  return [tenant?.apiKeyId, tenant?.retiringApiKey?.id].filter((id) => id !== undefined);
}

export const unrecordedKeys: Check = ({ tenant, apiKeys }, { now }) =>
  apiKeys
    .filter(({ apiKeyId, createdAt }) => !isYoung(createdAt, now) && !recordedKeys(tenant).includes(apiKeyId))
    .map(({ apiKeyId, name }) => ({
      kind: "api-key-unrecorded",
      thing: apiKeyId,
      detail: `The API key ${apiKeyId} (${name}) is nobody's: no record names it.`,
      mend: { says: "delete it", run: ({ apiKeys: gateway }) => gateway.delete(apiKeyId) },
    }));

/** A new one needs somebody to take it, so there is no mending without an operator. */
export const missingKeys: Check = ({ tenant, apiKeys }) =>
  isSettled(tenant)
    ? recordedKeys(tenant)
        .filter((recorded) => !apiKeys.some(({ apiKeyId }) => apiKeyId === recorded))
        .map((apiKeyId) => ({
          kind: "api-key-missing",
          thing: apiKeyId,
          detail: `The API key ${apiKeyId} is recorded, but API Gateway has none of that id and name.`,
        }))
    : [];

/** A key past its deadline is in either state until the settler deletes it. */
export const keysInTheWrongState: Check = ({ tenant, apiKeys }, { now }) =>
  isSettled(tenant)
    ? apiKeys
        .filter(({ apiKeyId }) => liveKeyIds(tenant, now).includes(apiKeyId))
        .filter(({ enabled }) => enabled !== (tenant.status === "active"))
        .map(({ apiKeyId, enabled }) => ({
          kind: enabled ? "api-key-enabled" : "api-key-disabled",
          thing: apiKeyId,
          detail: `The API key ${apiKeyId} is ${enabled ? "enabled" : "disabled"}, and its tenant ${tenant.status}.`,
          mend: {
            says: enabled ? "disable it" : "enable it",
            run: ({ apiKeys: gateway }) => gateway.setEnabled(apiKeyId, !enabled),
          },
        }))
    : [];
