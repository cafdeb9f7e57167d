/**
 * Run as a process of its own: a table's stream on the given directory, whose reader tells each batch on standard
 * output, and after some of them never comes to an end, until it is killed. Tells the address of its local AWS first.
 */
import { systemClock } from "../../../scripts/local-aws/kernel/clock.ts";
import { startLocalAws } from "../../../scripts/local-aws/local-aws.ts";
import { DEALT_WITH_BEFORE_THE_KILL, reader, streamStack } from "./stream-stack.ts";
import { stackOf } from "./tenant-stack.ts";

let dealtWith = 0;
const aws = await startLocalAws({
  stack: stackOf(streamStack(reader("relay", { BatchSize: 2 }))),
  stateDirectory: process.argv[2],
  port: 0,
  clock: systemClock,
  invoke: async (_name, payload) => {
    process.stdout.write(`${JSON.stringify(payload)}\n`);
    dealtWith += (payload as { Records: unknown[] }).Records.length;
    return dealtWith > DEALT_WITH_BEFORE_THE_KILL ? new Promise(() => {}) : { payload: null };
  },
});
process.stdout.write(`${aws.endpoint}\n`);
