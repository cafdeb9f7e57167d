/**
 * The operators' CLI: `npm run tenants -- <command>`. Without `--stage` it works on the local stack, with
 * it on a deployed one, under the operator's own AWS credentials.
 * Exit code 0: done; 1: refused or failed; 2: what was typed makes no sense.
 */
import { InvalidArgumentError } from "commander";
import { TenantOperations } from "../src/aws/tenant-operations.ts";
import { SCOPES } from "../src/domain/access/scope.ts";
import { newTenant } from "../src/domain/tenancy/new-tenant.ts";
import { PLAN_NAMES } from "../src/domain/tenancy/plan.ts";
import { operator } from "./stage/operator.ts";
import { isJson, openStage, runProgram, stageProgram } from "./stage/stage-program.ts";
import {
  addClient,
  createTenant,
  listTenants,
  type Session,
  showTenant,
  showUsage,
} from "./tenants/commands.ts";
import {
  type AuditOptions,
  type ChangeOptions,
  deleteClient,
  offboardTenant,
  resumeTenant,
  showAudit,
  suspendTenant,
} from "./tenants/lifecycle.ts";

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
  .description("all tenants")
  .action(async () => listTenants(await open()));

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

program
  .command("offboard")
  .description("delete a tenant with all its data for good, or finish an offboarding that was interrupted")
  .argument("<tenant>", "slug or tenant id")
  .option("--yes", "do not ask")
  .action(async (tenant: string, options: ChangeOptions) => offboardTenant(await open(), tenant, options));

program
  .command("audit")
  .description("who changed what, newest first")
  .option("--tenant <tenant>", "slug or tenant id; all tenants when left out")
  .option("--actor <actor>", "a user's name, or an identity's ARN")
  .option("--from <day>", "yyyy-mm-dd in UTC; 29 days before --to when left out")
  .option("--to <day>", "yyyy-mm-dd in UTC; today when left out")
  .option("--limit <number>", "at most so many records", positiveNumber, 100)
  .action(async (options: AuditOptions) => showAudit(await open(), options));

async function open(): Promise<Session> {
  const settings = await openStage(program);
  return { operations: new TenantOperations(settings, await operator()), settings, json: isJson(program) };
}

await runProgram(program);
