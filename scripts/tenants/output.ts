import type { AuditRecord } from "../../src/domain/audit.ts";
import type { ExtendedQuota } from "../../src/domain/tenancy/extend-quota.ts";
import { describeLimits } from "../../src/domain/tenancy/limits.ts";
import type { WhatIsLeft } from "../../src/domain/tenancy/offboarding.ts";
import type { Credentials } from "../../src/domain/tenancy/onboarding.ts";
import type { AppClientRecord, TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { stateOf } from "../../src/domain/tenancy/transition.ts";
import type { DayOfUsage } from "../../src/domain/tenancy/usage.ts";
import { pairs, table } from "../stage/text.ts";

export function tenantTable(tenants: readonly TenantRecord[]): string {
  return table(
    ["SLUG", "TENANT", "PLAN", "STATUS", "CREATED", "NAME"],
    tenants.map((tenant) => [
      tenant.slug,
      tenant.tenantId,
      tenant.plan,
      stateOf(tenant),
      tenant.createdAt,
      tenant.name,
    ]),
  );
}

export function tenantDetails(tenant: TenantRecord): string {
  return pairs({
    Tenant: tenant.tenantId,
    Slug: tenant.slug,
    Name: tenant.name,
    Plan: tenant.plan,
    Status: stateOf(tenant),
    Limits: tenant.limits ? `${describeLimits(tenant.limits)}; else the plan's` : "the plan's",
    Scopes: tenant.scopes.join(", "),
    Created: tenant.createdAt,
    "Usage plan": tenant.usagePlanId ?? "–",
    "API key id": tenant.apiKeyId ?? "–",
  });
}

export function extensionText({ before, remaining, limit, period }: ExtendedQuota): string {
  return `${remaining} requests remain in this ${period}, ${before} before; the quota itself stays ${limit}.`;
}

export function clientTable(clients: readonly AppClientRecord[]): string {
  return table(
    ["LABEL", "CLIENT", "CREATED", "SCOPES"],
    clients.map(({ label, clientId, createdAt, scopes }) => [label, clientId, createdAt, scopes.join(", ")]),
  );
}

export function usageTable(days: readonly DayOfUsage[]): string {
  return table(
    ["DATE (UTC)", "USED", "REMAINING", "BILLABLE", "REFUSED", "FAILED"],
    days.map(({ date, used, remaining, billable, refused, failed }) => [
      date,
      used,
      remaining ?? "unlimited",
      billable,
      refused,
      failed,
    ]),
  );
}

export function leftTable(left: WhatIsLeft): string {
  return table(
    ["WHAT", "LEFT"],
    [
      ["API keys", left.apiKeys],
      ["app clients", left.appClients],
      ["usage plans of its own", left.usagePlans],
      ["records of clients", left.records],
      ["items of data", left.data],
    ],
  );
}

export function auditTable(records: readonly AuditRecord[]): string {
  // A policy's document is for --json.
  const changes = (state: AuditRecord["after"] = {}) =>
    Object.entries(state)
      .filter(([name]) => name !== "document")
      .map(([name, value]) => `${name}=${[value].flat().join(",")}`)
      .join(" ");
  return table(
    ["TIME (UTC)", "WHAT", "ACTION", "PHASE", "WHO", "BEFORE", "AFTER"],
    records.map((record) => [
      record.at,
      subjectOf(record),
      record.action,
      record.phase,
      `${record.actor.name} (${record.actor.id})`,
      changes(record.before),
      changes(record.after),
    ]),
  );
}

function subjectOf(record: AuditRecord): string {
  if ("slug" in record) return record.slug;
  if ("eventId" in record) return record.tenantId;
  if ("clientId" in record) return record.clientId;
  return "username" in record ? record.username : `policy of ${record.group}`;
}

/** @param addresses where the credentials are used, by name. */
export function secrets(
  { clientId, clientSecret, apiKey }: Omit<Credentials, "apiKey"> & { apiKey?: string },
  addresses: Readonly<Record<string, string>>,
): string {
  return [
    pairs({
      "Client id": clientId,
      "Client secret": clientSecret,
      ...(apiKey !== undefined && { "API key": apiKey }),
      ...addresses,
    }),
    "",
    "These secrets are shown this once and kept nowhere by Gatehouse: hand them over now.",
  ].join("\n");
}
