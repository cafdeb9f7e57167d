/** Where a rule sends an event, and for how long it tries. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeMilliseconds: number;
  /** ARN of the queue for what could not be delivered. */
  readonly deadLetterQueue: string | undefined;
}

/** What a target makes of an event. `refused`: it is not there or lets nobody in, so that no try will help. */
type Delivery = "delivered" | "failed" | "refused";

/** What is sent on behalf of a rule. */
interface Message {
  readonly ruleArn: string;
  /** Epoch milliseconds at which it was accepted. */
  readonly acceptedAt: number;
  readonly body: string;
  /** Of a dead letter: why it is one. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A service that takes events for its resources. */
export interface TargetService {
  /** Whether that is the ARN of one of its resources. */
  owns(arn: string): boolean;
  deliver(arn: string, message: Message): Promise<Delivery>;
}

const IMITATED = new Set(["Id", "Arn", "RetryPolicy", "DeadLetterConfig"]);
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html */
const DEFAULT_ATTEMPTS = 185;
const DEFAULT_AGE_SECONDS = 86_400;

/** Reads a target of a rule. Throws for what is not imitated, naming the rule. */
export function compileTarget(target: unknown, rule: string): Target {
  const members = membersOf(target);
  const strange = Object.keys(members).find((name) => !IMITATED.has(name));
  if (strange) throw new Error(`the local EventBridge does not imitate ${strange} of a target (${rule})`);
  const retry = membersOf(members.RetryPolicy);
  const { Arn: queue } = membersOf(members.DeadLetterConfig);
  return {
    id: String(members.Id),
    arn: String(members.Arn),
    maximumRetryAttempts: Number(retry.MaximumRetryAttempts ?? DEFAULT_ATTEMPTS),
    maximumEventAgeMilliseconds: Number(retry.MaximumEventAgeInSeconds ?? DEFAULT_AGE_SECONDS) * 1000,
    deadLetterQueue: queue === undefined ? undefined : String(queue),
  };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
