/**
 * Invoices out of the ledger: `npm run billing -- export --month <yyyy-mm>`. Without `--stage` it works on the
 * local stack, with it on a deployed one, under the operator's own AWS credentials.
 * Exit code 0: done; 1: failed; 2: what was typed makes no sense.
 */
import { Option } from "commander";
import { invoicesOf } from "../src/aws/billing.ts";
import { billingMonth } from "../src/domain/metering/billing-month.ts";
import { csvOf, jsonOf } from "./billing/invoice-file.ts";
import { note, print } from "./stage/print.ts";
import { isJson, openStage, runProgram, stageProgram } from "./stage/stage-program.ts";

const program = stageProgram("billing").description("Invoices out of the ledger");

program
  .command("export")
  .description("a line for each tenant: plan, billable calls, refused calls, overage")
  .requiredOption("--month <month>", "yyyy-mm in UTC")
  .addOption(new Option("--format <format>", "csv or json").choices(["csv", "json"]).default("csv"))
  .action(async (options: { month: string; format: string }) => {
    const month = billingMonth(options.month, Date.now());
    const lines = await invoicesOf(month, await openStage(program));
    await print(options.format === "json" || isJson(program) ? jsonOf(lines) : csvOf(lines));
    const finalAt = new Date(month.finalAt).toISOString();
    if (!month.isOver) note(`The month ${month.month} is not over: these figures grow until ${finalAt}.`);
    else if (month.finalAt > Date.now()) note(`Calls that come late still count until ${finalAt}.`);
  });

await runProgram(program);
