import { RunningStack, removePlace } from "./running-stack.ts";

/** Jest's global tear-down: runs in the process that ran the set-up. */
export default async function stopStack(): Promise<void> {
  const stack: unknown = Reflect.get(globalThis, "gatehouseTestStack");
  if (!(stack instanceof RunningStack)) return;
  await stack.stop();
  removePlace(stack.place);
}
