import { describe, expect, it } from "@jest/globals";
import type { DomainEvent } from "../../src/domain/messaging/domain-event.ts";
import type { TenantRecord } from "../../src/domain/tenancy/tenant.ts";
import { planChanged, tenantOnboarded, transitionEnded } from "../../src/domain/tenancy/tenant-events.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { eventData } from "../../src/generated/events/event-data.js";
import { FakeClock } from "./tenancy/fakes.ts";

const clock = new FakeClock();
const tenant: TenantRecord = {
  tenantId: newTenantId(),
  slug: "skyways",
  name: "Skyways",
  plan: "trial",
  status: "active",
  scopes: [],
  createdAt: new Date(clock.now()).toISOString(),
};

const EVENTS: readonly DomainEvent[] = [
  tenantOnboarded(tenant, clock),
  ...(["suspend", "resume", "offboard"] as const).map((name) => transitionEnded(name, tenant, clock)),
  ...[planChanged(tenant, { plan: "premium" }, clock) ?? []].flat(),
];

describe("an event of a tenant's life", () => {
  it.each(EVENTS.map((event) => [event.type, event] as const))(
    "%s says what its schema asks for",
    (type, event) => {
      expect([eventData[type](event.data), eventData[type].errors ?? null]).toEqual([true, null]);
      expect(event).toMatchObject({
        source: "gatehouse.airline",
        tenantId: tenant.tenantId,
        time: new Date(clock.now()).toISOString(),
      });
    },
  );

  it("are one for each transition and one for a change of plan", () => {
    expect(EVENTS.map(({ type }) => type)).toEqual([
      "tenant.onboarded",
      "tenant.suspended",
      "tenant.resumed",
      "tenant.offboarded",
      "tenant.plan_changed",
    ]);
  });

  it("is not due for a change that leaves the tenant in its plan", () => {
    expect(planChanged(tenant, { plan: "trial" }, clock)).toBeUndefined();
  });
});
