import { userInfo } from "node:os";
import { callerAndTime } from "../../src/aws/sts/caller-identity.ts";
import type { Actor } from "../../src/domain/audit.ts";
import { clockOffset, correctedBy } from "../../src/domain/tenancy/clock-offset.ts";
import { type Clock, systemClock } from "../../src/domain/tenancy/lease.ts";
import { note } from "./print.ts";

/** Beyond this somebody should look after the computer's clock. */
const TOLERATED_MILLISECONDS = 5000;

export interface Operator {
  readonly actor: Actor;
  /** Of AWS: cut-offs are compared with times in tokens, and leases are shared with functions. */
  readonly clock: Clock;
}

/**
 * Who works at this command line: AWS vouches for the identity, the name is only what the computer says.
 * Nor is the computer's clock believed, which nothing else would notice: the SDK signs by a wrong one as well.
 */
export async function operator(computer: Clock = systemClock): Promise<Operator> {
  const { arn, reading } = await callerAndTime(() => computer.now());
  const offset = reading ? clockOffset(reading) : 0;
  if (Math.abs(offset) > TOLERATED_MILLISECONDS) note(warningOf(offset));
  return { actor: { id: arn, name: userName() }, clock: correctedBy(offset, computer) };
}

function warningOf(offset: number): string {
  const seconds = Math.round(Math.abs(offset) / 1000);
  const way = offset > 0 ? "slow" : "fast";
  return `warning: This computer's clock is about ${seconds} s ${way}; the clock of AWS is used instead.`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry among the system's users, as in a container.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
