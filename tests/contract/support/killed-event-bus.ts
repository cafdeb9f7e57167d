/**
 * Run as a process of its own: an event bus on the given directory whose function never comes to an end, until it
 * is killed. Tells its address on its standard output.
 */
import { systemClock } from "../../../scripts/local-aws/kernel/clock.ts";
import { startLocalAws } from "../../../scripts/local-aws/local-aws.ts";
import { DURABLE_STACK } from "./event-stack.ts";
import { stackOf } from "./tenant-stack.ts";

const aws = await startLocalAws({
  stack: stackOf(DURABLE_STACK),
  stateDirectory: process.argv[2],
  port: 0,
  clock: systemClock,
  invoke: () => new Promise(() => {}),
});
process.stdout.write(`${aws.endpoint}\n`);
