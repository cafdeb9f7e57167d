import type { DeadLetter } from "./dead-letter.ts";
import type { LetterQueue, ReceivedLetter } from "./letter-queue.ts";

/** While one run looks, no other receives what it has seen; it is put back at the end. */
const HELD_SECONDS = 60;

/** Some of what lies in a queue, which stays there. */
export async function peek(queue: LetterQueue, limit: number): Promise<DeadLetter[]> {
  const seen: ReceivedLetter[] = [];
  while (seen.length < limit) {
    const letters = await queue.receive(HELD_SECONDS);
    if (letters.length === 0) break;
    seen.push(...letters);
  }
  for (const letter of seen) await queue.putBack(letter);
  return seen.slice(0, limit);
}
