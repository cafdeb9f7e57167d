import { freshPlace, RunningStack } from "./running-stack.ts";

/** Jest's global set-up of the end-to-end tests: one stack for all of them. */
export default async function startStack(): Promise<void> {
  const place = await freshPlace();
  const stack = await RunningStack.start(place);
  process.env.GATEHOUSE_TEST_PLACE = JSON.stringify(place);
  Object.assign(globalThis, { gatehouseTestStack: stack });
}
