import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { ClockReading } from "../../domain/tenancy/clock-offset.ts";

/** ARN of the identity whose credentials this process has; it needs no permission. */
export async function callerArn(): Promise<string> {
  return arnOf(new STSClient({}));
}

/** The same, and what the clock of AWS showed meanwhile: every answer bears it. */
export async function callerAndTime(
  now: () => number,
): Promise<{ readonly arn: string; readonly reading: ClockReading | undefined }> {
  const client = new STSClient({});
  let reading: ClockReading | undefined;
  // Within the retries, so that it is one attempt whose time is taken.
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = now();
      const answer = await next(args);
      reading = readingOf(answer.response, { sentAt, receivedAt: now() });
      return answer;
    },
    { step: "deserialize", priority: "low", name: "readClock" },
  );
  return { arn: await arnOf(client), reading };
}

async function arnOf(client: STSClient): Promise<string> {
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  if (!Arn) throw new Error("STS answered GetCallerIdentity without an ARN");
  return Arn;
}

function readingOf(response: unknown, times: Omit<ClockReading, "shown">): ClockReading | undefined {
  const shown = Date.parse(dateOf(response) ?? "");
  return Number.isNaN(shown) ? undefined : { ...times, shown };
}

function dateOf(response: unknown): string | undefined {
  if (typeof response !== "object" || response === null || !("headers" in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== "object" || headers === null || !("date" in headers)) return undefined;
  return typeof headers.date === "string" ? headers.date : undefined;
}
