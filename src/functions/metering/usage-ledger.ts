import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { CloudWatchLogsEvent } from "aws-lambda";
import { DynamoLedger } from "../../aws/dynamodb/ledger.ts";
import { readLogBatch } from "../../aws/logs/log-batch.ts";
import { FUNCTION_CALL } from "../../aws/time-limits.ts";
import { config } from "../../config.ts";
import { bookBatch } from "../../domain/metering/ledger.ts";
import { log } from "../../log.ts";

/** The log of a call that cannot be read says so once a batch, with as many ids as help to find it. */
const TOLD_IDS = 5;

let ledger: DynamoLedger | undefined;

/**
 * Books the calls in a batch of the access log. Whatever fails is thrown: Lambda gives the batch again, and in
 * the end to the queue of dead letters.
 */
export async function handler(event: CloudWatchLogsEvent): Promise<void> {
  const batch = readLogBatch(event);
  if (!batch) return;
  ledger ??= new DynamoLedger(
    DynamoDBDocumentClient.from(new DynamoDBClient(FUNCTION_CALL)),
    config.controlTable(),
  );
  const { late, unparsed } = await bookBatch(batch, ledger, Date.now());
  const { logGroup, logStream } = batch;
  if (late > 0) log.warn("calls came too late for their day", { logGroup, logStream, calls: late });
  if (unparsed.length > 0)
    log.error("lines of the access log could not be read", {
      logGroup,
      logStream,
      lines: unparsed.length,
      eventIds: unparsed.slice(0, TOLD_IDS),
    });
}
