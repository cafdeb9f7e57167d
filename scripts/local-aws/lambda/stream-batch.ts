import { randomUUID } from "node:crypto";
import type { StreamRecord } from "../dynamodb/streams.ts";

/** Why Lambda no longer tries some records. */
export type GivenUp = "RetryAttemptsExhausted" | "RecordAgeExceeded";

/**
 * Where in its batch a function failed by its answer: the place of the lowest sequence number that it names; 0 for
 * an answer that names none of the batch, the batch's length when all went well.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function firstFailure(records: readonly StreamRecord[], answer: unknown): number {
  if (answer === null || typeof answer !== "object") return records.length;
  const failures = "batchItemFailures" in answer ? answer.batchItemFailures : undefined;
  if (failures === undefined || failures === null) return records.length;
  if (!Array.isArray(failures)) return 0;
  const places = failures.map((failure: unknown) =>
    records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === Object(failure).itemIdentifier),
  );
  return Math.max(0, Math.min(records.length, ...places));
}

/**
 * What a queue is told of records that are given up: where they are in the stream, but not what they say.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export function givenUp(lost: {
  readonly records: readonly [StreamRecord, ...StreamRecord[]];
  readonly condition: GivenUp;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly shardId: string;
  readonly invokeCount: number;
  /** Epoch milliseconds. */
  readonly now: number;
}): object {
  const { records, condition, functionArn, streamArn, shardId, invokeCount, now } = lost;
  const [first] = records;
  const last = records.at(-1) ?? first;
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn,
      condition,
      approximateInvokeCount: invokeCount,
    },
    // There is no answer of a function that was not asked.
    ...(invokeCount > 0 && {
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    }),
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first.dynamodb.SequenceNumber,
      endSequenceNumber: last.dynamodb.SequenceNumber,
      approximateArrivalOfFirstRecord: arrivalOf(first),
      approximateArrivalOfLastRecord: arrivalOf(last),
      batchSize: records.length,
      streamArn,
    },
  };
}

function arrivalOf({ dynamodb }: StreamRecord): string {
  return new Date(dynamodb.ApproximateCreationDateTime * 1000).toISOString().replace(".000Z", "Z");
}
