/**
 * The operators' CLI: `npm run tenants -- <command>`. Without `--stage` it works on the local stack, with
 * it on a deployed one, under the operator's own AWS credentials.
 * Exit code 0: done; 1: refused or failed; 2: what was typed makes no sense.
 */
import { InvalidArgumentError, Option } from "commander";
import { TenantOperations } from "../src/aws/tenant-operations.ts";
import { SCOPES } from "../src/domain/access/scope.ts";
import { quotaExtension } from "../src/domain/tenancy/extend-quota.ts";
import { QUOTA_PERIODS } from "../src/domain/tenancy/limits.ts";
import { newTenant } from "../src/domain/tenancy/new-tenant.ts";
import { PLAN_NAMES } from "../src/domain/tenancy/plan.ts";
import { TENANT_STATUSES } from "../src/domain/tenancy/tenant.ts";
import { operator } from "./stage/operator.ts";
import { isJson, openStage, runProgram, stageProgram } from "./stage/stage-program.ts";
import { type AuditOptions, showAudit } from "./tenants/audit.ts";
import { changeOf, extendQuota, type UpdateOptions, updateTenant } from "./tenants/changes.ts";
import {
  addClient,
  createTenant,
  type ListOptions,
  listTenants,
  type Session,
  showTenant,
  showUsage,
} from "./tenants/commands.ts";
import { addCredentialCommands } from "./tenants/credential-commands.ts";
import {
  allowHttpApi,
  type DenyOptions,
  deniedBy,
  denyHttpApi,
  listHttpApiClients,
  type PlacesOptions,
} from "./tenants/http-api.ts";
import {
  type ChangeOptions,
  deleteClient,
  offboardTenant,
  resumeTenant,
  settleNow,
  suspendTenant,
} from "./tenants/lifecycle.ts";
import { type ReconcileCommandOptions, reconcileTenants } from "./tenants/reconcile.ts";

const commaSeparated = (text: string) => text.split(",").map((item) => item.trim());

const positiveNumber = (text: string) => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number from 1 on.");
};

const program = stageProgram("tenants").description("Onboard tenants and look after them");

program
  .command("create")
  .description("onboard a tenant, or finish an onboarding that was interrupted")
  .argument("<slug>", "short name: 3 to 40 of a-z, 0-9 and -")
  .requiredOption("--plan <plan>", PLAN_NAMES.join(", "))
  .option("--name <name>", "the tenant's full name; the slug when left out")
  .option("--scopes <scopes>", `comma-separated; all when left out: ${SCOPES.join(", ")}`, commaSeparated)
  .action(async (slug: string, options: { plan: string; name?: string; scopes?: string[] }) => {
    // What can be judged here needs no stack to be running.
    const wanted = newTenant({ slug, ...options });
    await createTenant(await open(), wanted);
  });

program
  .command("list")
  .description("all tenants, or those that fit")
  .addOption(new Option("--status <status>", "only of this status").choices(TENANT_STATUSES))
  .addOption(new Option("--plan <plan>", "only of this plan").choices(PLAN_NAMES))
  .option("--slug-prefix <prefix>", "only with a slug that begins so")
  .action(async (options: ListOptions) => listTenants(await open(), options));

program
  .command("show")
  .description("one tenant with its clients")
  .argument("<tenant>", "slug or tenant id")
  .action(async (tenant: string) => showTenant(await open(), tenant));

program
  .command("add-client")
  .description("give a tenant a further client with a secret of its own")
  .argument("<tenant>", "slug or tenant id")
  .option("--label <label>", "tells the tenant's clients apart; client-2, client-3, … when left out")
  .option("--scopes <scopes>", "comma-separated; all that the tenant has when left out", commaSeparated)
  .action(async (tenant: string, options: { label?: string; scopes?: string[] }) =>
    addClient(await open(), tenant, options),
  );

program
  .command("usage")
  .description("what a tenant used of its plan, by day")
  .argument("<tenant>", "slug or tenant id")
  .option("--from <day>", "yyyy-mm-dd in UTC; 29 days before --to when left out")
  .option("--to <day>", "yyyy-mm-dd in UTC; today when left out")
  .action(async (tenant: string, options: { from?: string; to?: string }) =>
    showUsage(await open(), tenant, options),
  );

program
  .command("suspend")
  .description("shut a tenant out at once, or finish a suspension that was interrupted")
  .argument("<tenant>", "slug or tenant id")
  .option("--yes", "do not ask")
  .action(async (tenant: string, options: ChangeOptions) => suspendTenant(await open(), tenant, options));

program
  .command("resume")
  .description("let a suspended tenant in again")
  .argument("<tenant>", "slug or tenant id")
  .option("--yes", "do not ask")
  .action(async (tenant: string, options: ChangeOptions) => resumeTenant(await open(), tenant, options));

program
  .command("delete-client")
  .description("delete a client of a tenant; its live tokens are refused within 30 s")
  .argument("<tenant>", "slug or tenant id")
  .argument("<client>", "client id or label")
  .option("--yes", "do not ask")
  .action(async (tenant: string, client: string, options: ChangeOptions) =>
    deleteClient(await open(), tenant, client, options),
  );

addCredentialCommands(program, open);

program
  .command("settle")
  .description(
    "do now what the settler does every minute: finish what was left, retire what has come to its deadline",
  )
  .action(async () => settleNow(await open()));

program
  .command("offboard")
  .description("delete a tenant with all its data for good, or finish an offboarding that was interrupted")
  .argument("<tenant>", "slug or tenant id")
  .option("--yes", "do not ask")
  .action(async (tenant: string, options: ChangeOptions) => offboardTenant(await open(), tenant, options));

const httpApi = program.command("http-api").description("which clients may call by the HTTP API, 50 at most");
httpApi
  .command("list")
  .description("the ids of the clients that may, and of those that are no client's any more")
  .option("--orphans", "only the ids that belong to no client")
  .action(async (options: PlacesOptions) => listHttpApiClients(await open(), options));
httpApi
  .command("allow")
  .description("let a client of a tenant call by the HTTP API")
  .argument("<tenant>", "slug or tenant id")
  .argument("<client>", "client id or label")
  .action(async (tenant: string, client: string) => allowHttpApi(await open(), tenant, client));
httpApi
  .command("deny")
  .description("let a client of a tenant call by the REST API alone, or take an id out of the list")
  .argument("[tenant]", "slug or tenant id")
  .argument("[client]", "client id or label")
  .option("--client-id <id>", "an id in the list, in place of both: the client may be deleted")
  .action(async (tenant: string | undefined, client: string | undefined, options: DenyOptions) => {
    const denied = deniedBy(tenant, client, options);
    await denyHttpApi(await open(), denied);
  });

program
  .command("update")
  .description("change a tenant's name, plan, scopes or limits, or finish a change that was interrupted")
  .argument("<tenant>", "slug or tenant id")
  .option("--name <name>", "the tenant's full name")
  .option("--plan <plan>", `${PLAN_NAMES.join(", ")}; what was used in the period stays used`)
  .option("--scopes <scopes>", "comma-separated, as a whole; what is left out is taken away", commaSeparated)
  .option("--rate <number>", "requests a second, in place of the plan's", Number)
  .option("--burst <number>", "requests at once, in place of the plan's", Number)
  .option("--quota <number>", "requests in a period, in place of the plan's", Number)
  .option("--quota-period <period>", QUOTA_PERIODS.join(", "))
  .option("--standard-limits", "take back all numbers of its own")
  .option("--yes", "do not ask")
  .action(async (tenant: string, options: UpdateOptions) => {
    const wanted = changeOf(options);
    await updateTenant(await open(), tenant, wanted, options);
  });

program
  .command("extend-quota")
  .description("let a tenant make more requests in the current period of its quota")
  .argument("<tenant>", "slug or tenant id")
  .option("--remaining <number>", "so many remain", Number)
  .option("--by <number>", "so many more than now", Number)
  .action(async (tenant: string, options: { remaining?: number; by?: number }) => {
    quotaExtension(options);
    await extendQuota(await open(), tenant, options);
  });

program
  .command("reconcile")
  .description("name everything at AWS that is not as its tenant's record says; exit code 1 if there is any")
  .option("--fix", "mend what needs nobody's decision")
  .option("--no-data", "do not read through the tenants' data, which takes a while where there is much")
  .option("--yes", "do not ask")
  .action(async (options: ReconcileCommandOptions) => reconcileTenants(await open(), options));

program
  .command("audit")
  .description("who changed what, newest first: tenants, people, policies")
  .option("--tenant <tenant>", "slug or tenant id; all tenants when left out")
  .option("--actor <actor>", "a user's name, or an identity's ARN")
  .option("--from <day>", "yyyy-mm-dd in UTC; 29 days before --to when left out")
  .option("--to <day>", "yyyy-mm-dd in UTC; today when left out")
  .option("--limit <number>", "at most so many records", positiveNumber, 100)
  .option("--cursor <cursor>", "where the page before ended; it says so when there is more")
  .option("--all", "every record, however many")
  .action(async (options: AuditOptions) => showAudit(await open(), options));

async function open(): Promise<Session> {
  const settings = await openStage(program);
  const me = await operator();
  const operations = new TenantOperations(settings, me.actor, me.clock);
  return { operations, operator: me, settings, json: isJson(program) };
}

await runProgram(program);
