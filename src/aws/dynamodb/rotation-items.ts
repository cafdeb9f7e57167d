import type { RecordedCredentials, RotationSubject } from "../../domain/tenancy/rotation-ports.ts";
import type { Retiring } from "../../domain/tenancy/tenant.ts";
import { clientKey, tenantKey } from "./control-items.ts";

/** What a transaction does, on one table, to record which credentials there are from now on. */
export function recordWrites(TableName: string, subject: RotationSubject, next: RecordedCredentials) {
  return subject.task === "keys"
    ? [{ Update: { TableName, ...keysUpdate(subject.tenant, next) } }]
    : [
        { ConditionCheck: { TableName, ...tenantLives(subject.tenant) } },
        { Update: { TableName, ...secretUpdate(subject, next) } },
      ];
}

function keysUpdate(
  { tenantId, status, apiKeyId, retiringApiKey, usagePlanId }: RotationSubject["tenant"],
  { phase, current, retiring }: RecordedCredentials,
) {
  // A new key must not come to a tenant that is being suspended or moved to another plan.
  const isNew = phase === "overlapping";
  const unchanged =
    "#status = :status AND usagePlanId = :plan AND attribute_not_exists(transition) AND attribute_not_exists(#change)";
  return {
    Key: tenantKey(tenantId),
    UpdateExpression: `SET apiKeyId = :current${retiring ? ", retiringApiKey = :retiring" : " REMOVE retiringApiKey"}`,
    ConditionExpression: [
      "apiKeyId = :seen",
      asSeen("retiringApiKey", retiringApiKey),
      ...(isNew ? [unchanged] : []),
    ].join(" AND "),
    ...(isNew && { ExpressionAttributeNames: { "#status": "status", "#change": "change" } }),
    ExpressionAttributeValues: {
      ":current": current,
      ":seen": apiKeyId,
      ...(retiring && { ":retiring": retiring }),
      ...(retiringApiKey && { ":seenRetiring": retiringApiKey.id }),
      ...(isNew && { ":status": status, ":plan": usagePlanId }),
    },
  };
}

function secretUpdate(
  { tenant, client }: Extract<RotationSubject, { readonly client: unknown }>,
  { retiring }: RecordedCredentials,
) {
  const { clientId, retiringSecret } = client;
  return {
    Key: clientKey(tenant.tenantId, clientId),
    UpdateExpression: retiring ? "SET retiringSecret = :retiring" : "REMOVE retiringSecret",
    ConditionExpression: `attribute_exists(pk) AND ${asSeen("retiringSecret", retiringSecret)}`,
    ...((retiring || retiringSecret) && {
      ExpressionAttributeValues: {
        ...(retiring && { ":retiring": retiring }),
        ...(retiringSecret && { ":seenRetiring": retiringSecret.id }),
      },
    }),
  };
}

function tenantLives({ tenantId }: RotationSubject["tenant"]) {
  return {
    Key: tenantKey(tenantId),
    ConditionExpression: "#status IN (:active, :suspended)",
    ExpressionAttributeNames: { "#status": "status" },
    ExpressionAttributeValues: { ":active": "active", ":suspended": "suspended" },
  };
}

const asSeen = (attribute: string, seen: Retiring | undefined): string =>
  seen ? `${attribute}.id = :seenRetiring` : `attribute_not_exists(${attribute})`;
