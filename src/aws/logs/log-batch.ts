import { gunzipSync } from "node:zlib";
import type { CloudWatchLogsDecodedData, CloudWatchLogsEvent } from "aws-lambda";
import type { LogBatch } from "../../domain/metering/ledger.ts";

/**
 * The events that a subscription delivers, gzipped JSON in base64. Undefined for a CONTROL_MESSAGE, by which
 * CloudWatch Logs only checks that its destination can be reached. Throws for what is none of the two.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
export function readLogBatch({ awslogs }: CloudWatchLogsEvent): LogBatch | undefined {
  const text = gunzipSync(Buffer.from(awslogs.data, "base64")).toString();
  const { messageType, logGroup, logStream, logEvents }: Partial<CloudWatchLogsDecodedData> =
    JSON.parse(text);
  if (messageType === "CONTROL_MESSAGE") return undefined;
  if (messageType !== "DATA_MESSAGE" || !logGroup || !logStream || !Array.isArray(logEvents))
    throw new Error(`a subscription delivered what is no batch of log events (${String(messageType)})`);
  return { logGroup, logStream, events: logEvents };
}
