import type { Authorize } from "../kernel/authorize.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import type { Stack } from "../kernel/stack.ts";
import { element, elementList, xmlAnswer, xmlRefusal } from "./xml.ts";

export interface CloudFormationOptions {
  readonly stack: Stack;
  /** Outputs that have another value here than on AWS, e.g. `ApiUrl`. */
  readonly localOutputs: () => Readonly<Record<string, string>>;
  readonly authorize: Authorize;
  /** When the stack came into being, epoch milliseconds. */
  readonly createdAt: number;
}

/**
 * The stack's description, so that its outputs are read locally as from AWS.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 */
export class CloudFormation implements Service {
  readonly name = "cloudformation";
  readonly refuse = xmlRefusal;
  readonly #options: CloudFormationOptions;

  constructor(options: CloudFormationOptions) {
    this.#options = options;
  }

  accepts(request: AwsRequest): boolean {
    return request.signedFor === "cloudformation";
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const parameters = new URLSearchParams(request.body.toString("utf8"));
    const action = parameters.get("Action") ?? "";
    if (action !== "DescribeStacks")
      throw new AwsError("InvalidAction", `Could not find operation ${action} for version 2010-05-15`);
    const { stack, authorize } = this.#options;
    authorize(request.caller, `cloudformation:${action}`, this.#stackId());
    const asked = parameters.get("StackName");
    if (asked !== null && asked !== stack.name && asked !== this.#stackId())
      throw new AwsError("ValidationError", `Stack with id ${asked} does not exist`);
    return xmlAnswer(action, elementList("Stacks", [this.#description()]), request);
  }

  #description(): string {
    const { stack, createdAt } = this.#options;
    return [
      element("StackName", stack.name),
      element("StackId", this.#stackId()),
      element("StackStatus", "CREATE_COMPLETE"),
      element("CreationTime", new Date(createdAt).toISOString()),
      elementList("Outputs", this.#outputs()),
    ].join("");
  }

  #outputs(): string[] {
    const { stack, localOutputs } = this.#options;
    return Object.entries({ ...stack.outputs(), ...localOutputs() }).map(([name, value]) => {
      const description = stack.template.Outputs?.[name]?.Description;
      return [
        element("OutputKey", name),
        element("OutputValue", value),
        description === undefined ? "" : element("Description", description),
      ].join("");
    });
  }

  #stackId(): string {
    const { region, accountId, name } = this.#options.stack;
    return `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/00000000-0000-0000-0000-000000000000`;
  }
}
