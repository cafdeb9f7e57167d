import type { Identities } from "../iam/identities.ts";
import { authorizeOnResource } from "../iam/resource-access.ts";
import { parsePolicyDocument } from "../iam/roles.ts";
import type { Caller, PolicyDocument } from "../kernel/caller.ts";
import type { Stack } from "../kernel/stack.ts";

/** An event bus with the policies that say who may put events on it. */
export interface EventBus {
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly PolicyDocument[];
}

const DEFAULT_BUS = "default";

/** The stack's event buses and the account's default one. */
export class EventBuses {
  readonly #identities: Identities;
  readonly #prefix: string;
  readonly #byName: ReadonlyMap<string, EventBus>;

  constructor(stack: Stack, identities: Identities) {
    this.#identities = identities;
    this.#prefix = `arn:aws:events:${stack.region}:${stack.accountId}:event-bus/`;
    const names = stack.resources("AWS::Events::EventBus").map(({ physicalId }) => physicalId);
    this.#byName = new Map(
      [DEFAULT_BUS, ...names].map((name) => [
        name,
        { name, arn: this.arnOf(name), policies: policiesOf(stack, name) },
      ]),
    );
  }

  /** @param nameOrArn undefined for a bus that the account does not have */
  find(nameOrArn: string): EventBus | undefined {
    return this.#byName.get(
      nameOrArn.startsWith(this.#prefix) ? nameOrArn.slice(this.#prefix.length) : nameOrArn,
    );
  }

  arnOf(nameOrArn: string): string {
    return nameOrArn.startsWith("arn:") ? nameOrArn : `${this.#prefix}${nameOrArn}`;
  }

  /**
   * Whether a caller may do that with a bus. Throws AccessDeniedException.
   * Keys: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
   */
  authorize(
    caller: Caller,
    action: string,
    busNameOrArn: string,
    entry: { readonly source?: string | undefined; readonly detailType?: string | undefined } = {},
  ): void {
    authorizeOnResource(this.#identities, caller, this.find(busNameOrArn)?.policies ?? [], {
      action,
      resource: this.arnOf(busNameOrArn),
      context: { "events:source": entry.source, "events:detail-type": entry.detailType },
    });
  }
}

/** `AWS::Events::EventBusPolicy` and the bus's own `Policy`. */
function policiesOf(stack: Stack, bus: string): PolicyDocument[] {
  const own = stack
    .resources("AWS::Events::EventBus")
    .filter(({ physicalId, properties }) => physicalId === bus && properties.Policy !== undefined)
    .map(({ properties }) => parsePolicyDocument(properties.Policy));
  const attached = stack
    .resources("AWS::Events::EventBusPolicy")
    .filter(({ properties }) => (properties.EventBusName ?? DEFAULT_BUS) === bus)
    .map(({ logicalId, properties }) => {
      if (properties.Statement === undefined)
        throw new Error(`the local EventBridge reads only the Statement of an EventBusPolicy (${logicalId})`);
      return parsePolicyDocument({ Version: "2012-10-17", Statement: [properties.Statement] });
    });
  return [...own, ...attached];
}
