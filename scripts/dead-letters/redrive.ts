import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { requireFresh } from "../../src/domain/messaging/freshness.ts";
import { payloadOf } from "./dead-letter.ts";
import { LetterQueue, type ReceivedLetter } from "./letter-queue.ts";
import type { DeadLetterQueueInfo } from "./queues.ts";

/** Longer than ten invocations in a row may take, each with the 60 s that the ledger has at most. */
const HELD_SECONDS = 900;

export interface Redriven {
  readonly given: number;
  /** What stays in the queue, and why. */
  readonly left: readonly { readonly messageId: string; readonly why: string }[];
}

type Give = (letter: ReceivedLetter) => Promise<void>;

/**
 * Gives every message of a queue to where it was to go, one after the other, and deletes it when that has taken
 * it. What fails stays, and is there for the next run at once; broken off anywhere, a message comes again after a
 * quarter of an hour, and whoever takes it handles it once.
 */
export async function redrive(
  stage: string,
  { name, redrive: target }: DeadLetterQueueInfo & Required<Pick<DeadLetterQueueInfo, "redrive">>,
  progress: (given: number) => void,
): Promise<Redriven> {
  const queue = await LetterQueue.open(stage, name);
  const give =
    target.to === "queue"
      ? intoQueue(await LetterQueue.open(stage, target.name))
      : toFunction(`gatehouse-${stage}-${target.name}`, target.believedFor96Hours);
  let given = 0;
  const left: { letter: ReceivedLetter; why: string }[] = [];
  for (;;) {
    const letters = await queue.receive(HELD_SECONDS);
    if (letters.length === 0) break;
    for (const letter of letters) {
      const why = await give(letter).then(() => undefined, reasonIn);
      if (why === undefined) {
        await queue.delete(letter);
        given += 1;
        progress(given);
      } else left.push({ letter, why });
    }
  }
  // Not before the end, or this very run would receive them again.
  for (const { letter } of left) await queue.putBack(letter);
  return { given, left: left.map(({ letter: { messageId }, why }) => ({ messageId, why })) };
}

function intoQueue(target: LetterQueue): Give {
  return (letter) => target.send(letter);
}

/** Synchronously, so that what fails is known, and stays where it is instead of becoming another dead letter. */
function toFunction(FunctionName: string, believedFor96Hours: boolean): Give {
  // A repetition of what may have been handled is for the next run.
  const lambda = new LambdaClient({ maxAttempts: 1 });
  return async (letter) => {
    const payload = payloadOf(letter);
    if (believedFor96Hours) requireFresh({ signedtime: signedTimeIn(payload) }, Date.now());
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }),
    );
    if (FunctionError) throw new Error(`the function failed: ${errorIn(Payload)}`);
  };
}

/** What no event is has no time, and is given: it is refused where everything is. */
function signedTimeIn(payload: unknown): string {
  const { signedtime } = Object(Object(payload).detail);
  return typeof signedtime === "string" ? signedtime : "";
}

function errorIn(payload: Uint8Array | undefined): string {
  const { errorType, errorMessage } = Object(JSON.parse(new TextDecoder().decode(payload) || "{}"));
  return [errorType, errorMessage].filter((part) => typeof part === "string").join(": ");
}

const reasonIn = (error: unknown): string => (error instanceof Error ? error.message : String(error));
