import { reconcileWorld } from "../../src/aws/reconcile-world.ts";
import type { FoundDifference, Reconciliation } from "../../src/domain/tenancy/reconcile/reconcile.ts";
import { explainError } from "../stage/explain-error.ts";
import { note, print } from "../stage/print.ts";
import { table } from "../stage/text.ts";
import type { Session } from "./commands.ts";
import { confirm } from "./confirm.ts";

export interface ReconcileCommandOptions {
  readonly fix?: boolean;
  readonly data: boolean;
  readonly yes?: boolean;
}

/** Exit code 1 when something is not as it should be and stays so. */
export async function reconcileTenants(
  { operations, settings, json }: Session,
  { fix = false, data, yes = false }: ReconcileCommandOptions,
): Promise<void> {
  if (fix) await confirm("Mend what differs? What nobody records is deleted.", yes);
  const world = reconcileWorld(settings);
  const progress = (what: string) => note(`  … ${what}`);
  const outcome = await operations.reconcile(world, { fix, data }, { progress });
  const left = outcome.differences.filter((difference) => difference.outcome !== "mended");
  await print(json ? JSON.stringify(forMachines(outcome)) : forPeople(outcome));
  if (outcome.busy.length > 0)
    note(
      `Left out, because somebody is at work on them, or the settler will be in a moment: ${outcome.busy.join(", ")}.`,
    );
  note(`${outcome.tenants} tenants; ${outcome.differences.length} differences, ${left.length} left.`);
  if (left.length > 0) process.exitCode = 1;
}

function forMachines({ differences, ...outcome }: Reconciliation) {
  return {
    ...outcome,
    differences: differences.map(({ error, mend, ...difference }) => ({
      ...difference,
      mend: mend ?? null,
      ...(error && { error: explainError(error, "deployed") }),
    })),
  };
}

function forPeople({ differences }: Reconciliation): string {
  return table(
    ["TENANT", "DIFFERENCE", "DETAIL", "OUTCOME"],
    differences.map((difference) => [
      difference.slug ?? difference.tenantId,
      difference.kind,
      difference.detail,
      outcomeOf(difference),
    ]),
  );
}

function outcomeOf({ outcome, mend, error }: FoundDifference): string {
  if (outcome === "mended") return `mended: ${mend}`;
  if (error) return `failed: ${explainError(error, "deployed")}`;
  return mend ? `--fix would ${mend}` : "needs an operator";
}
