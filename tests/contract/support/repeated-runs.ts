import type { UsagePlanMode } from "../../../src/aws/api-gateway/usage-plans.ts";
import type { TenantOperations } from "../../../src/aws/tenant-operations.ts";
import type { TenantRecord } from "../../../src/domain/tenancy/tenant.ts";
import { requestToken, resourcesOf } from "./tenancy-resources.ts";
import { onboarded, operationsIn } from "./tenancy-runs.ts";
import type { TenancyStack } from "./tenancy-stack.ts";

/** A tenant, and every credential of it that somebody was shown, the oldest first. */
interface Customer {
  readonly operations: TenantOperations;
  readonly tenant: TenantRecord;
  readonly clientId: string;
  readonly clientSecrets: string[];
  readonly apiKeys: string[];
}

/** A tenant as it is found from outside. */
interface Standing {
  readonly status: TenantRecord["status"];
  readonly plan: string;
  readonly scopes: number;
  /** For each one that was shown, whether it works. */
  readonly secrets: readonly boolean[];
  readonly keys: readonly boolean[];
  /** How many AWS has, shown or not. */
  readonly kept: { readonly secrets: number; readonly keys: number };
}

type Command = (tenant: TenantRecord) => Promise<unknown>;

/** A change of a tenant that an operator runs again when the first run broke off. */
interface RepeatedRun {
  readonly mode: UsagePlanMode;
  /** How a run is refused when one before it has done the same already. */
  readonly doneAlready?: "conflict" | "not-found";
  /** Brings a new tenant to where the change begins. */
  prepare(customer: Customer): Promise<Command>;
  /** Where the tenant ends, as far as that is not where an onboarding has brought it. */
  ends(customer: Customer): Partial<Standing>;
}

export const recordOf = ({ operations, tenant }: Customer): Promise<TenantRecord> =>
  operations.find(tenant.tenantId);

const changing = (input: Parameters<TenantOperations["change"]>[1]) => ({
  prepare:
    async ({ operations }: Customer): Promise<Command> =>
    (tenant) =>
      operations.change(tenant, input, {}, true),
});

async function rotateSecret({ operations, clientId, clientSecrets }: Customer, tenant: TenantRecord) {
  const client = await operations.findClient(tenant, clientId);
  return operations.credentials.rotateSecret(tenant, client, "24h", {
    handOver: ({ made }) => {
      clientSecrets.push(made.clientSecret);
    },
  });
}

function rotateKey({ operations, apiKeys }: Customer, tenant: TenantRecord) {
  return operations.credentials.rotateKey(tenant, "24h", {
    handOver: ({ made }) => {
      apiKeys.push(made.apiKey);
    },
  });
}

/** What was handed over by a run that crashed before it was recorded is taken back by the next one. */
const firstAndLast = (shown: readonly string[]) => shown.map((_, at) => at === 0 || at === shown.length - 1);

export const REPEATED_RUNS: Readonly<Record<string, RepeatedRun>> = {
  "a change of plan with usage plans perTier": {
    mode: "perTier",
    ...changing({ plan: "premium" }),
    ends: () => ({ plan: "premium" }),
  },
  "a change of plan with usage plans perTenant": {
    mode: "perTenant",
    ...changing({ plan: "premium" }),
    ends: () => ({ plan: "premium" }),
  },
  "a change of scopes": {
    mode: "perTier",
    ...changing({ scopes: ["flights.read"] }),
    ends: () => ({ scopes: 1 }),
  },
  "a resumption": {
    mode: "perTier",
    prepare: async ({ operations, tenant }) => {
      await operations.suspend(tenant, {});
      return (suspended) => operations.resume(suspended, {});
    },
    ends: () => ({}),
  },
  "a rotation of a secret": {
    mode: "perTier",
    doneAlready: "conflict",
    prepare: async (customer) => (tenant) => rotateSecret(customer, tenant),
    ends: ({ clientSecrets }) => ({ secrets: firstAndLast(clientSecrets), kept: { secrets: 2, keys: 1 } }),
  },
  "a rotation of an API key": {
    mode: "perTier",
    doneAlready: "conflict",
    prepare: async (customer) => (tenant) => rotateKey(customer, tenant),
    ends: ({ apiKeys }) => ({ keys: firstAndLast(apiKeys), kept: { secrets: 1, keys: 2 } }),
  },
  "the revocation of a secret": {
    mode: "perTier",
    doneAlready: "not-found",
    prepare: async (customer) => {
      const { operations, tenant, clientId } = customer;
      const { retiring } = await rotateSecret(customer, tenant);
      return async (rotated) => {
        const client = await operations.findClient(rotated, clientId);
        return operations.credentials.revokeSecret(rotated, client, retiring.id, {});
      };
    },
    ends: () => ({ secrets: [false, true] }),
  },
  "the revocation of an API key": {
    mode: "perTier",
    doneAlready: "not-found",
    prepare: async (customer) => {
      const { operations, tenant } = customer;
      const { retiring } = await rotateKey(customer, tenant);
      return (rotated) => operations.credentials.revokeKey(rotated, retiring.id, {});
    },
    ends: () => ({ keys: [false, true] }),
  },
};

export async function newCustomer(aws: TenancyStack, mode: UsagePlanMode): Promise<Customer> {
  const { tenant, credentials } = await onboarded(aws, mode);
  const { clientId, clientSecret, apiKey } = credentials;
  const operations = operationsIn(aws, mode);
  return { operations, tenant, clientId, clientSecrets: [clientSecret], apiKeys: [apiKey] };
}

/** What an onboarding ends in, but for what `run` has changed. */
export function endOf({ ends }: RepeatedRun, customer: Customer): Standing {
  const { status, plan, scopes } = customer.tenant;
  const onboarding = { status, plan, scopes: scopes.length, secrets: [true], keys: [true] };
  return { ...onboarding, kept: { secrets: 1, keys: 1 }, ...ends(customer) };
}

export async function standingOf(aws: TenancyStack, customer: Customer): Promise<Standing> {
  const { operations, clientId, clientSecrets, apiKeys } = customer;
  const tenant = await recordOf(customer);
  const client = await operations.findClient(tenant, clientId);
  const tokens = await Promise.all(
    clientSecrets.map((clientSecret) => requestToken(aws, { clientId, clientSecret })),
  );
  const claims = tokens.find(({ status }) => status === 200)?.claims;
  const usagePlanIds = apiKeys.map((apiKey) => admittedBy(aws, apiKey));
  return {
    status: tenant.status,
    plan: claims?.gatehouse_plan,
    scopes: claims?.scope.split(" ").length,
    secrets: tokens.map(({ status }) => status === 200),
    keys: usagePlanIds.map((id) => id !== undefined && id === tenant.usagePlanId),
    kept: {
      secrets: (await operations.credentials.secretsOf(client)).length,
      keys: (await resourcesOf(aws, tenant)).keys.length,
    },
  };
}

/** Id of the usage plan by which the gateway lets a call with this key through. */
function admittedBy(aws: TenancyStack, apiKey: string): string | undefined {
  const restApiId = aws.stack.ref("ApiGatewayRestApi");
  const call = { apiKey, restApiId, stage: "dev", resourcePath: "/v1/flights", httpMethod: "GET" };
  const admission = aws.gateway.meter.admit(call);
  return admission.outcome === "admitted" ? admission.usagePlanId : undefined;
}
