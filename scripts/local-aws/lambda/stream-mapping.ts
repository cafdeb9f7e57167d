import type { StreamRecord } from "../dynamodb/streams.ts";
import { compileEventPattern } from "../events/event-pattern.ts";
import type { Stack, StackResource } from "../kernel/stack.ts";
import { type MappedFunction, mappedFunction, mappingsOf, requireImitated } from "./mapped-function.ts";

/** A function that a table's stream is given to. */
export interface StreamMapping extends MappedFunction {
  readonly logicalId: string;
  readonly streamArn: string;
  readonly tableName: string;
  readonly startsAt: "TRIM_HORIZON" | "LATEST";
  readonly batchSize: number;
  /** Whether a record passes one of the mapping's filters. */
  readonly wants: (record: StreamRecord) => boolean;
  readonly mostRetries: number;
  readonly oldestMilliseconds: number;
  readonly bisects: boolean;
  readonly reportsItems: boolean;
  /** ARN of the queue that is told of what is given up. */
  readonly failureDestination: string | undefined;
}

const IMITATED = new Set([
  "EventSourceArn",
  "FunctionName",
  "BatchSize",
  "StartingPosition",
  "MaximumBatchingWindowInSeconds",
  "FilterCriteria",
  "MaximumRetryAttempts",
  "MaximumRecordAgeInSeconds",
  "BisectBatchOnFunctionError",
  "DestinationConfig",
  "FunctionResponseTypes",
  "ParallelizationFactor",
  "Enabled",
]);
const DEFAULT_BATCH = 100;
const MOST_FILTERS = 5;
/** In place of a number that is "-1": until the stream itself forgets the record. */
const WITHOUT_END = -1;

/**
 * The mappings of the template's streams. Throws for what is not imitated, and for what Lambda would refuse.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
 */
export function compileStreamMappings(stack: Stack): StreamMapping[] {
  return mappingsOf(stack, "arn:aws:dynamodb:").map((resource) => compileMapping(stack, resource));
}

function compileMapping(stack: Stack, resource: StackResource): StreamMapping {
  requireImitated(resource, IMITATED);
  const { logicalId, properties } = resource;
  const { StartingPosition: startsAt, BisectBatchOnFunctionError: bisects } = properties;
  const number = numbersOf(resource);
  const streamArn = String(properties.EventSourceArn);
  if (startsAt !== "TRIM_HORIZON" && startsAt !== "LATEST")
    throw new Error(`the mapping ${logicalId} needs StartingPosition TRIM_HORIZON or LATEST`);
  if (number("ParallelizationFactor", 1, [1, 10]) !== 1)
    throw new Error(`the local Lambda has no ParallelizationFactor but 1 (${logicalId})`);
  number("MaximumBatchingWindowInSeconds", 0, [0, 300]);
  const age = number("MaximumRecordAgeInSeconds", WITHOUT_END, [60, 604_800]);
  const retries = number("MaximumRetryAttempts", WITHOUT_END, [0, 10_000]);
  return {
    ...mappedFunction(stack, resource),
    logicalId,
    streamArn,
    tableName: tableOf(stack, resource, streamArn),
    startsAt,
    batchSize: number("BatchSize", DEFAULT_BATCH, [1, 10_000]),
    wants: filterOf(resource),
    mostRetries: retries === WITHOUT_END ? Number.POSITIVE_INFINITY : retries,
    oldestMilliseconds: age === WITHOUT_END ? Number.POSITIVE_INFINITY : age * 1000,
    bisects: String(bisects) === "true",
    reportsItems: [properties.FunctionResponseTypes].flat().includes("ReportBatchItemFailures"),
    failureDestination: destinationOf(resource),
  };
}

function numbersOf({ logicalId, properties }: StackResource) {
  return (name: string, otherwise: number, [least, most]: readonly [number, number]): number => {
    const value = Number(properties[name] ?? otherwise);
    if (value !== otherwise && !(Number.isInteger(value) && value >= least && value <= most))
      throw new Error(`${name} of the mapping ${logicalId} must be between ${least} and ${most}`);
    return value;
  };
}

function tableOf(stack: Stack, { logicalId }: StackResource, streamArn: string): string {
  const table = stack
    .resources("AWS::DynamoDB::Table")
    .filter(({ properties }) => properties.StreamSpecification !== undefined)
    .find((one) => stack.resolve({ "Fn::GetAtt": [one.logicalId, "StreamArn"] }) === streamArn);
  if (!table) throw new Error(`the mapping ${logicalId} has no table with a stream in the template`);
  return table.physicalId;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html */
function filterOf({ logicalId, properties }: StackResource): StreamMapping["wants"] {
  const { FilterCriteria: criteria } = properties;
  if (criteria === undefined) return () => true;
  const filters: unknown = Object(criteria).Filters ?? [];
  if (!Array.isArray(filters) || filters.length > MOST_FILTERS)
    throw new Error(`the mapping ${logicalId} has no list of up to ${MOST_FILTERS} filters`);
  const patterns = filters.map((filter: unknown) => compileEventPattern(Object(filter).Pattern));
  return (record) => patterns.length === 0 || patterns.some((fits) => fits(record));
}

function destinationOf({ logicalId, properties }: StackResource): string | undefined {
  const { OnFailure, ...others } = Object(properties.DestinationConfig);
  const destination: unknown = Object(OnFailure).Destination;
  const known = destination === undefined || String(destination).startsWith("arn:aws:sqs:");
  if (!known || Object.keys(others).length > 0)
    throw new Error(`the local Lambda tells queues only of what is given up (${logicalId})`);
  return destination === undefined ? undefined : String(destination);
}
