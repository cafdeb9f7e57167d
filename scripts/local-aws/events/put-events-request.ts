import { AwsError } from "../kernel/aws-error.ts";

/** An entry of PutEvents as it came; what it lacks is told in its own result. */
export interface RequestEntry {
  readonly source: string | undefined;
  readonly detailType: string | undefined;
  /** JSON text. */
  readonly detail: string | undefined;
  /** Name or ARN. */
  readonly eventBusName: string;
  readonly resources: readonly string[];
  /** Epoch milliseconds. */
  readonly time: number | undefined;
}

const MOST_ENTRIES = 10;
const LARGEST_REQUEST = 256 * 1024;
const TIME_BYTES = 14;

/**
 * Reads the entries. Throws ValidationException for a request that is refused as a whole.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function parsePutEvents(body: Readonly<Record<string, unknown>>): readonly RequestEntry[] {
  const { Entries } = body;
  if (!Array.isArray(Entries)) throw constraint("null", "Member must not be null");
  if (Entries.length < 1) throw constraint("'[]'", "Member must have length greater than or equal to 1");
  if (Entries.length > MOST_ENTRIES)
    throw constraint(
      `'${Entries.length} entries'`,
      `Member must have length less than or equal to ${MOST_ENTRIES}`,
    );
  const entries = Entries.map(parseEntry);
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) >= LARGEST_REQUEST)
    throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
  return entries;
}

function parseEntry(entry: unknown): RequestEntry {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw serialization();
  const members: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(entry));
  const { Resources, Time } = members;
  if (Time !== undefined && Time !== null && typeof Time !== "number") throw serialization();
  return {
    source: text(members.Source),
    detailType: text(members.DetailType),
    detail: text(members.Detail),
    eventBusName: text(members.EventBusName) ?? "default",
    resources: Array.isArray(Resources) ? Resources.map((resource) => text(resource) ?? "") : [],
    time: typeof Time === "number" ? Time * 1000 : undefined,
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
function sizeOf({ time, source, detailType, detail, resources }: RequestEntry): number {
  const texts = [source, detailType, detail, ...resources];
  const bytes = texts.reduce((sum, value) => sum + Buffer.byteLength(value ?? ""), 0);
  return bytes + (time === undefined ? 0 : TIME_BYTES);
}

function text(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw serialization();
  return value;
}

function constraint(value: string, rule: string): AwsError {
  return new AwsError(
    "ValidationException",
    `1 validation error detected: Value ${value} at 'entries' failed to satisfy constraint: ${rule}`,
  );
}

function serialization(): AwsError {
  return new AwsError("SerializationException", "A member of the request is not of its type");
}
