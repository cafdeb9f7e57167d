import { paginateGetUsagePlans } from "@aws-sdk/client-api-gateway";
import type { PlanName } from "../../domain/tenancy/plan.ts";
import { callOptions } from "../control-plane.ts";
import { pacedGateway } from "../paced-clients.ts";
import type { TierPlanIds } from "./usage-plans.ts";

/** The largest page that GetUsagePlans gives. */
const PAGE = 500;

/** As resources/plans.yml names them. */
const nameOf = (stage: string, plan: PlanName) => `gatehouse-${stage}-${plan}`;

/**
 * Finds the tiers' plans by their names, once. A function cannot be told their ids by the template: they
 * wait for the stage, the stage for its methods, and these for their functions.
 */
export function tierPlansOf(stage: string): () => Promise<TierPlanIds> {
  let found: Promise<TierPlanIds> | undefined;
  return () => {
    found ??= findTierPlans(stage).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

async function findTierPlans(stage: string): Promise<TierPlanIds> {
  const gateway = pacedGateway();
  const ids = new Map<string, string>();
  for await (const { items = [] } of paginateGetUsagePlans(
    { client: gateway, pageSize: PAGE },
    {},
    callOptions(),
  ))
    for (const { id, name } of items) if (id && name) ids.set(name, id);
  const idOf = (plan: PlanName) => {
    const id = ids.get(nameOf(stage, plan));
    if (id === undefined) throw new Error(`the stage ${stage} has no usage plan for the tier ${plan}`);
    return id;
  };
  return { trial: idOf("trial"), standard: idOf("standard"), premium: idOf("premium") };
}
