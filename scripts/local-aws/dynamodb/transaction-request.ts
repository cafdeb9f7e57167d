import { AwsError } from "../kernel/aws-error.ts";
import type { TRANSACTION_ACTIONS } from "./access.ts";
import { type Operation, type ParsedRequest, parseRequest } from "./dynalite.ts";
import { returnsItemOnFailure } from "./item-writes.ts";

type WriteKind = Exclude<keyof typeof TRANSACTION_ACTIONS, "Get">;

/** One item of a TransactWriteItems request. */
export interface TransactWrite {
  readonly kind: WriteKind;
  readonly request: ParsedRequest;
  readonly returnItemOnFailure: boolean;
}

export interface TransactWriteRequest {
  readonly items: readonly TransactWrite[];
  readonly clientRequestToken: string | undefined;
  readonly returnConsumedCapacity: boolean;
}

/** A condition check is parsed as a deletion: it has a key and a condition, too. */
const OPERATION_OF: Readonly<Record<WriteKind, Operation>> = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "DeleteItem",
};

/** Expressions that a kind cannot do without. */
const REQUIRED: Readonly<Partial<Record<WriteKind, string>>> = {
  Update: "UpdateExpression",
  ConditionCheck: "ConditionExpression",
};

const MOST_ITEMS = 100;
const LONGEST_TOKEN = 36;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html. Throws ValidationException. */
export function parseTransactWrite(body: object): TransactWriteRequest {
  const { TransactItems, ClientRequestToken, ReturnConsumedCapacity } = body as Record<string, unknown>;
  const items = checkLength(TransactItems).map((entry, position) => {
    const { kind, content } = onlyMember(entry, Object.keys(OPERATION_OF) as WriteKind[]);
    const needed = REQUIRED[kind];
    if (needed && !(needed in content)) throw missing(`${position + 1}.member.${lowerFirst(kind)}`, needed);
    return {
      kind,
      returnItemOnFailure: returnsItemOnFailure(content),
      request: parseRequest(OPERATION_OF[kind], { ...content, ReturnValues: undefined }),
    };
  });
  if (typeof ClientRequestToken === "string" && ClientRequestToken.length > LONGEST_TOKEN)
    throw invalid(
      `1 validation error detected: Value '${ClientRequestToken}' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to ${LONGEST_TOKEN}`,
    );
  return {
    items,
    clientRequestToken: typeof ClientRequestToken === "string" ? ClientRequestToken : undefined,
    returnConsumedCapacity: ReturnConsumedCapacity === "TOTAL" || ReturnConsumedCapacity === "INDEXES",
  };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html. Throws ValidationException. */
export function parseTransactGet(body: object): {
  readonly requests: readonly ParsedRequest[];
  readonly returnConsumedCapacity: boolean;
} {
  const { TransactItems, ReturnConsumedCapacity } = body as Record<string, unknown>;
  return {
    requests: checkLength(TransactItems).map((entry) =>
      parseRequest("GetItem", onlyMember(entry, ["Get"]).content),
    ),
    returnConsumedCapacity: ReturnConsumedCapacity === "TOTAL" || ReturnConsumedCapacity === "INDEXES",
  };
}

function checkLength(items: unknown): readonly unknown[] {
  if (!Array.isArray(items))
    throw invalid(
      "1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: Member must not be null",
    );
  const constraint = (text: string) =>
    invalid(
      `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${text}`,
    );
  if (items.length === 0) throw constraint("greater than or equal to 1");
  if (items.length > MOST_ITEMS) throw constraint(`less than or equal to ${MOST_ITEMS}`);
  return items;
}

function onlyMember<K extends string>(entry: unknown, kinds: readonly K[]): { kind: K; content: object } {
  const members = Object.entries(Object(entry)).filter(([, content]) => content !== null);
  const [only] = members;
  const kind = kinds.find((name) => name === only?.[0]);
  const content = only?.[1];
  if (members.length !== 1 || !kind || typeof content !== "object" || content === null)
    throw invalid("TransactItems can only contain one of Check, Put, Update or Delete");
  return { kind, content };
}

function missing(path: string, member: string): AwsError {
  return invalid(
    `1 validation error detected: Value null at 'transactItems.${path}.${lowerFirst(member)}' failed to satisfy constraint: Member must not be null`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
