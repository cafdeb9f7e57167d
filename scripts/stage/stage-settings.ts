import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import type { TierPlanIds } from "../../src/aws/api-gateway/usage-plans.ts";
import type { TenancySettings } from "../../src/aws/tenant-operations.ts";

/** What a stage's stack says about itself. */
export interface StageSettings extends TenancySettings {
  readonly tierPlanIds: TierPlanIds;
  /** What the resources of people's policies begin with. */
  readonly apiStageArn: string;
  readonly tokenUrl: string;
  readonly apiUrl: string;
  /** The role that callers of the internal API assume. */
  readonly internalCallerRoleArn: string;
  readonly httpApiUrl: string;
  /** The HTTP API and the authorizer whose list says which clients may call by it. */
  readonly httpApiId: string;
  readonly httpApiAuthorizerId: string;
  /** The app client by which people sign in. */
  readonly operatorClientId: string;
}

/** The stage is not there, or its stack is not one of Gatehouse's. */
export class NoSuchStage extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NoSuchStage";
  }
}

/**
 * Reads a stage's settings from the outputs of its stack, in the same way from AWS and from the local AWS.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 */
export async function stageSettings(stage: string): Promise<StageSettings> {
  const stackName = `gatehouse-${stage}`;
  const outputs = await stackOutputs(stackName);
  const output = (name: string) => {
    const value = outputs.get(name);
    if (value === undefined) throw new NoSuchStage(`the stack ${stackName} has no output ${name}`);
    return value;
  };
  return {
    stage,
    userPoolId: output("UserPoolId"),
    controlTable: output("ControlTableName"),
    dataTable: output("DataTableName"),
    outboxTable: output("OutboxTableName"),
    tokenUrl: output("TokenUrl"),
    apiUrl: output("ApiUrl"),
    httpApiUrl: output("HttpApiUrl"),
    httpApiId: output("HttpApiId"),
    httpApiAuthorizerId: output("HttpApiAuthorizerId"),
    operatorClientId: output("OperatorClientId"),
    usagePlanMode: output("UsagePlanMode") === "perTier" ? "perTier" : "perTenant",
    tierPlanIds: {
      trial: output("TrialPlanId"),
      standard: output("StandardPlanId"),
      premium: output("PremiumPlanId"),
    },
    apiStageArn: output("ApiStageArn"),
    internalCallerRoleArn: output("InternalCallerRoleArn"),
  };
}

async function stackOutputs(stackName: string): Promise<Map<string, string>> {
  try {
    const { Stacks = [] } = await new CloudFormationClient({ maxAttempts: 1 }).send(
      new DescribeStacksCommand({ StackName: stackName }),
    );
    return new Map(
      (Stacks[0]?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
    );
  } catch (error) {
    if (error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message))
      throw new NoSuchStage(`there is no stack ${stackName} in this account and region`);
    throw error;
  }
}
