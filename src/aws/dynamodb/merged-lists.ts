import { type Item, readText } from "./control-items.ts";

/** The items of lists that are each sorted by `sk`, the newest first, as one such list. Reads no further than it must. */
export async function* mergedNewestFirst(lists: readonly AsyncGenerator<Item>[]): AsyncGenerator<Item> {
  const heads = await Promise.all(lists.map(async (list) => ({ list, next: await list.next() })));
  for (;;) {
    const waiting = heads.flatMap((head) =>
      head.next.done ? [] : [{ head, item: head.next.value, sk: readText(head.next.value, "sk") }],
    );
    if (waiting.length === 0) return;
    const newest = waiting.reduce((one, other) => (other.sk > one.sk ? other : one));
    yield newest.item;
    newest.head.next = await newest.head.list.next();
  }
}
