import type { Identities } from "../iam/identities.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Caller } from "../kernel/caller.ts";
import type { Clock } from "../kernel/clock.ts";
import { jsonProtocol } from "../kernel/json-protocol.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Store } from "../kernel/store.ts";
import { Deliveries } from "./deliveries.ts";
import { eventOf } from "./event.ts";
import { EventBuses } from "./event-buses.ts";
import { compileEventPattern } from "./event-pattern.ts";
import { parsePutEvents } from "./put-events-request.ts";
import { compileRules } from "./rules.ts";
import type { TargetService } from "./targets.ts";

const protocol = jsonProtocol("1.1", "AWSEvents");

type Body = Readonly<Record<string, unknown>>;

/** Amazon EventBridge: buses, and rules with targets, of the template. */
export class EventBridge implements Service {
  readonly name = "events";
  readonly #stack: Stack;
  readonly #clock: Clock;
  readonly #buses: EventBuses;
  readonly #deliveries: Deliveries;
  readonly #onError: (error: unknown) => void;

  /** Throws for a rule that is not imitated. */
  constructor(parts: {
    readonly store: Store;
    readonly stack: Stack;
    readonly clock: Clock;
    readonly identities: Identities;
    readonly targets: readonly TargetService[];
    readonly onError: (error: unknown) => void;
  }) {
    this.#stack = parts.stack;
    this.#clock = parts.clock;
    this.#onError = parts.onError;
    this.#buses = new EventBuses(parts.stack, parts.identities);
    this.#deliveries = new Deliveries({
      ...parts,
      rules: compileRules(parts.stack),
      services: parts.targets,
    });
  }

  /** Goes on delivering what was accepted before a restart. */
  resume(): void {
    this.#deliveries.resume();
  }

  /** Delivers all that is due by the clock. */
  settle(): Promise<void> {
    return this.#deliveries.settle();
  }

  close(): Promise<void> {
    return this.#deliveries.close();
  }

  accepts(request: AwsRequest): boolean {
    return protocol.operationOf(request) !== undefined;
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const operation = protocol.operationOf(request) ?? "";
    return protocol.respond(this.#perform(operation, request.caller, parseBody(request.body)), request);
  }

  readonly refuse = protocol.refuse;

  #perform(operation: string, caller: Caller, body: Body): object {
    switch (operation) {
      case "PutEvents":
        return this.#putEvents(caller, body);
      case "TestEventPattern":
        return this.#testEventPattern(caller, body);
      case "DescribeEventBus":
        return this.#describeEventBus(caller, body);
      default:
        throw new AwsError("UnknownOperationException", `there is no operation ${operation}`);
    }
  }

  #putEvents(caller: Caller, body: Body): object {
    const entries = parsePutEvents(body);
    // All or none: a caller that may not put one of them is refused as a whole.
    for (const entry of entries) this.#buses.authorize(caller, "events:PutEvents", entry.eventBusName, entry);
    const place = { accountId: this.#stack.accountId, region: this.#stack.region, now: this.#clock.now() };
    const results = entries.map((entry) => {
      const event = eventOf(entry, place);
      if ("ErrorCode" in event) return event;
      const bus = this.#buses.find(entry.eventBusName);
      if (bus) this.#deliveries.accept(bus.name, event);
      else this.#onError(new Error(`an event was put on ${entry.eventBusName}, which nobody has`));
      return { EventId: event.id };
    });
    return {
      FailedEntryCount: results.filter((result) => "ErrorCode" in result).length,
      Entries: results,
    };
  }

  #testEventPattern(caller: Caller, { Event, EventPattern }: Body): object {
    this.#buses.authorize(caller, "events:TestEventPattern", "default");
    const matches = compileEventPattern(EventPattern);
    return { Result: matches(parseEvent(Event)) };
  }

  #describeEventBus(caller: Caller, { Name = "default" }: Body): object {
    const name = String(Name);
    this.#buses.authorize(caller, "events:DescribeEventBus", name);
    const bus = this.#buses.find(name);
    if (!bus) throw new AwsError("ResourceNotFoundException", `Event bus ${name} does not exist.`);
    const statements = bus.policies.flatMap(({ Statement }) => Statement);
    return {
      Name: bus.name,
      Arn: bus.arn,
      ...(statements.length > 0 && {
        Policy: JSON.stringify({ Version: "2012-10-17", Statement: statements }),
      }),
    };
  }
}

function parseBody(body: Buffer): Body {
  const parsed = parseJson(body.toString());
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
    return Object.fromEntries(Object.entries(parsed));
  throw new AwsError("SerializationException", "The request body is not a JSON object");
}

function parseEvent(text: unknown): unknown {
  const event = typeof text === "string" ? parseJson(text) : undefined;
  if (event === undefined)
    throw new AwsError("ValidationException", "Parameter Event is not valid. Reason: it must be valid JSON");
  return event;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
