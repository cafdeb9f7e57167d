import { PolicyStore } from "../../src/aws/dynamodb/policy-store.ts";
import { putMissingDefaults } from "../policies/default-policies.ts";
import { operator } from "../stage/operator.ts";
import type { StageSettings } from "../stage/stage-settings.ts";

/** Gives the groups their default policies; what an operator has changed since is kept. */
export async function prepareDemoPolicies({ controlTable, apiStageArn }: StageSettings): Promise<void> {
  const { actor } = await operator();
  await putMissingDefaults(new PolicyStore(controlTable), { stageArn: apiStageArn, actor });
}
