import {
  appClients,
  busiestTenantPerSecond,
  concurrency,
  rolesAssumedPerSecond,
  type Workload,
} from "./workload.ts";

const API_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide";
const API_QUOTAS = `${API_GATEWAY}/limits.html`;
const REST_QUOTAS = `${API_GATEWAY}/api-gateway-execution-service-limits-table.html`;
const COGNITO_QUOTAS = "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html";
const DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide";
const DYNAMODB_QUOTAS = `${DYNAMODB}/ServiceQuotas.html`;
const KMS_QUOTAS = "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html";
const PARTITIONS = `${DYNAMODB}/bp-partition-key-design.html`;

/** A limit of AWS, or of the stage itself, that a workload can meet. */
export interface Limit {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What AWS may raise it to; `yes` where AWS names no figure, `no` where it is fixed. */
  readonly raisable: number | "yes" | "no";
  /** What the workload takes of it. */
  readonly demand: (workload: Workload) => number;
  readonly remedy: string;
  readonly source: string;
}

const writesPerSecond = (workload: Workload) => workload.requestsPerSecond * workload.writeShare;
const readsPerSecond = (workload: Workload) => workload.requestsPerSecond - writesPerSecond(workload);

const usagePlans = ({ usagePlans: mode, tenants, customTenants }: Workload) =>
  TIERS + (mode === "perTenant" ? tenants : customTenants);

/** The tiers' own plans of `resources/plans.yml`. */
const TIERS = 3;

/** A new flight is an item and its place in the index: two writes for one. */
const WRITES_PER_FLIGHT = 2;

/** The limits of an account in one region, the stage's own first. */
export function limitsOf({ stageRateLimit }: Workload): readonly Limit[] {
  return [
    {
      name: "Requests, the stage's throttle",
      value: stageRateLimit,
      unit: "requests/s",
      raisable: "yes",
      demand: ({ requestsPerSecond }) => requestsPerSecond,
      remedy: "raise the stage's parameters stageRateLimit and stageBurstLimit in serverless.yml",
      source: `${API_GATEWAY}/api-gateway-request-throttling.html`,
    },
    {
      name: "Requests, all APIs of the account",
      value: 10_000,
      unit: "requests/s",
      raisable: "yes",
      demand: ({ requestsPerSecond }) => requestsPerSecond,
      remedy: "have the throttle quota raised (2,500 in newer regions), or spread the stages over accounts",
      source: API_QUOTAS,
    },
    {
      name: "API keys",
      value: 10_000,
      unit: "keys",
      raisable: "no",
      demand: ({ tenants }) => tenants,
      remedy: "a further account; leave room, since a tenant has two keys while it rotates",
      source: REST_QUOTAS,
    },
    {
      name: "Usage plans",
      value: 300,
      unit: "plans",
      raisable: "yes",
      demand: usagePlans,
      remedy: "set the parameter usagePlans to perTier (limits stay per tenant), or have the quota raised",
      source: REST_QUOTAS,
    },
    {
      name: "App clients of the user pool",
      value: 1000,
      unit: "clients",
      raisable: 10_000,
      demand: appClients,
      remedy: "have the quota raised to 10,000, then more pools: an authorizer takes up to 1,000 of them",
      source: COGNITO_QUOTAS,
    },
    {
      name: "Tokens for machines",
      value: 150,
      unit: "tokens/s",
      raisable: "no",
      demand: (workload) => appClients(workload) / workload.tokenSeconds,
      remedy: "tokens that live longer, clients that keep theirs until it ends, then a further account",
      source: COGNITO_QUOTAS,
    },
    {
      name: "Functions at work at a time",
      value: 1000,
      unit: "executions",
      raisable: "yes",
      demand: concurrency,
      remedy: "have the concurrency quota raised to tens of thousands; a new account starts with less",
      source: "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
    },
    {
      name: "Tenant roles assumed",
      value: 600,
      unit: "calls/s",
      raisable: "no",
      demand: rolesAssumedPerSecond,
      remedy: "spread the tenants over stages in several accounts, so that an instance meets fewer of them",
      source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    },
    {
      // AWS's page says 1,000 now and said 300 before; the lower one holds until the account's own is known, since a
      // raise asked for too early costs nothing.
      name: "Signatures of events",
      value: 300,
      unit: "calls/s",
      raisable: "yes",
      // Whatever is written is told, each time with a signature of KMS by an ECC key; its other calls are shared by many.
      demand: writesPerSecond,
      remedy:
        "look in Service Quotas whether the account has 300 or 1,000 a second for ECC keys of KMS, and have it raised; until then events wait in the outbox, and none is lost",
      source: KMS_QUOTAS,
    },
    {
      name: "Reads of the data table",
      value: 40_000,
      unit: "units/s",
      raisable: "yes",
      demand: readsPerSecond,
      remedy: "have the table's on-demand read quota raised",
      source: DYNAMODB_QUOTAS,
    },
    {
      name: "Writes of the data table",
      value: 40_000,
      unit: "units/s",
      raisable: "yes",
      demand: (workload) => WRITES_PER_FLIGHT * writesPerSecond(workload),
      remedy: "have the table's on-demand write quota raised",
      source: DYNAMODB_QUOTAS,
    },
    {
      name: "Reads of one tenant's list of flights",
      value: 3000,
      unit: "units/s",
      raisable: "no",
      demand: (workload) => busiestTenantPerSecond(workload) * (1 - workload.writeShare),
      remedy: "shard the partition of the index byTime that lists a tenant's flights",
      source: PARTITIONS,
    },
    {
      name: "Writes to one tenant's list of flights",
      value: 1000,
      unit: "units/s",
      raisable: "no",
      demand: (workload) => busiestTenantPerSecond(workload) * workload.writeShare,
      remedy: "shard the partition of the index byTime that lists a tenant's flights",
      source: PARTITIONS,
    },
  ];
}
