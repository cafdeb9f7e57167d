import { randomUUID } from "node:crypto";
import type { RequestEntry } from "./put-events-request.ts";

/** An event as rules match it and targets get it, https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html. */
export interface Event {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  /** RFC 3339, to the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: object;
}

/** Why one entry of a request is refused while others may be taken. */
export interface EntryRefusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/**
 * The event that an entry asks for, or why there is none.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
export function eventOf(
  { source, detailType, detail, resources, time }: RequestEntry,
  place: { readonly accountId: string; readonly region: string; readonly now: number },
): Event | EntryRefusal {
  if (!source) return missing("Source");
  if (!detailType) return missing("DetailType");
  if (!detail) return missing("Detail");
  // Services of AWS alone speak in that name.
  if (source.startsWith("aws."))
    return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
  const parsed = parseDetail(detail);
  if (!parsed) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": detailType,
    source,
    account: place.accountId,
    time: new Date(time ?? place.now).toISOString().replace(/\.\d+Z$/, "Z"),
    region: place.region,
    resources,
    detail: parsed,
  };
}

function missing(parameter: string): EntryRefusal {
  return {
    ErrorCode: "InvalidArgument",
    ErrorMessage: `Parameter ${parameter} is not valid. Reason: ${parameter} is a required argument.`,
  };
}

function parseDetail(detail: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(detail);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
