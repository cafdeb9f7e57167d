import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { ReconcileWorld, Survey } from "../domain/tenancy/reconcile/reconcile.ts";
import { GatewaySurvey } from "./api-gateway/gateway-survey.ts";
import type { TierPlanIds } from "./api-gateway/usage-plans.ts";
import { ClientSurvey } from "./cognito/client-survey.ts";
import { DynamoAuditTrail } from "./dynamodb/audit-trail.ts";
import { ControlSurvey } from "./dynamodb/control-survey.ts";
import { tenantsWithData } from "./dynamodb/data-survey.ts";
import { recordRepairs } from "./dynamodb/record-repairs.ts";
import type { TenancySettings } from "./tenant-operations.ts";

/** A stage as reconciliation reads and mends it, under an operator's own credentials. */
export function reconcileWorld(
  settings: TenancySettings & { readonly tierPlanIds: TierPlanIds },
): ReconcileWorld {
  const { stage, userPoolId, controlTable, dataTable, tierPlanIds } = settings;
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const control = new ControlSurvey(documents, controlTable);
  const clients = new ClientSurvey(userPoolId);
  const gateway = new GatewaySurvey(stage, Object.values(tierPlanIds));

  const survey: Survey = {
    tiers: async () => ({
      trial: await gateway.numbersOf(tierPlanIds.trial),
      standard: await gateway.numbersOf(tierPlanIds.standard),
      premium: await gateway.numbersOf(tierPlanIds.premium),
    }),
    // Records come last: what was made meanwhile is in one of them and not in the lists, which it is asked for anew.
    everything: async ({ data }, told) => {
      told("the app clients");
      const appClients = await clients.everyTenants(told);
      told("the API keys");
      const apiKeys = await gateway.apiKeys();
      told("the usage plans");
      const plans = await gateway.plans();
      if (data) told("the tenants' data");
      const dataOf = data ? await tenantsWithData(documents, dataTable) : [];
      told("the records");
      return { ...(await control.everything()), appClients, apiKeys, plans, dataOf };
    },
    ofTenant: async (seen) => {
      const records = await control.ofTenant(seen);
      const clientIds = [...seen.appClients, ...seen.clients, ...records.clients];
      const named = records.tenants.flatMap(({ record }) => record.usagePlanId ?? []);
      return {
        ...records,
        appClients: await clients.these(clientIds.map(({ clientId }) => clientId)),
        apiKeys: await gateway.apiKeys(seen.tenantId),
        plans: await gateway.thesePlans([...seen.plans.map(({ usagePlanId }) => usagePlanId), ...named]),
        dataOf: seen.hasData ? await tenantsWithData(documents, dataTable) : [],
      };
    },
  };

  return {
    survey,
    repairs: {
      ...recordRepairs(documents, controlTable),
      hasAppClient: (clientId) => clients.hasAppClient(clientId),
    },
    trail: new DynamoAuditTrail(documents, controlTable),
  };
}
