import type { AuditRecord } from "../../src/domain/audit.ts";
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
    Scopes: tenant.scopes.join(", "),
    Created: tenant.createdAt,
    "Usage plan": tenant.usagePlanId ?? "–",
    "API key id": tenant.apiKeyId ?? "–",
  });
}

export function clientTable(clients: readonly AppClientRecord[]): string {
  return table(
    ["LABEL", "CLIENT", "CREATED", "SCOPES"],
    clients.map(({ label, clientId, createdAt, scopes }) => [label, clientId, createdAt, scopes.join(", ")]),
  );
}

export function usageTable(days: readonly DayOfUsage[]): string {
  return table(
    ["DATE (UTC)", "USED", "REMAINING"],
    days.map(({ date, used, remaining }) => [date, used, remaining ?? "unlimited"]),
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
  const changes = (state: AuditRecord["after"] = {}) =>
    Object.entries(state)
      .map(([name, value]) => `${name}=${[value].flat().join(",")}`)
      .join(" ");
  return table(
    ["TIME (UTC)", "TENANT", "ACTION", "PHASE", "WHO", "BEFORE", "AFTER"],
    records.map(({ at, slug, action, phase, actor, before, after }) => [
      at,
      slug,
      action,
      phase,
      `${actor.name} (${actor.id})`,
      changes(before),
      changes(after),
    ]),
  );
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
