import { CONSUMERS, type Consumer, PRODUCERS, type Producer } from "./event-type.ts";

/** Ids of the keys with which each producer signs: two of one while its key is replaced. */
export type TrustedSigners = Readonly<Record<Producer, readonly string[]>>;

/** Ids of the keys by which data is encrypted for its consumers; a producer has those of its own audience. */
export type ConsumerKeys = ReadonlyMap<Consumer, string>;

/** Reads `gatehouse.airline=<key id>,<key id> gatehouse.hooks=<key id>`. Throws unless every producer has a key. */
export function readTrustedSigners(text: string): TrustedSigners {
  const lists = readLists(text, Object.keys(PRODUCERS));
  const keysOf = (producer: Producer) => {
    const keys = lists.get(producer);
    if (!keys) throw new Error(`there is no signing key of ${producer}`);
    return keys;
  };
  return { "gatehouse.airline": keysOf("gatehouse.airline"), "gatehouse.hooks": keysOf("gatehouse.hooks") };
}

/** Reads `audit=<key id> webhooks=<key id>`. Throws for more than one key of a consumer. */
export function readConsumerKeys(text: string): ConsumerKeys {
  const lists = readLists(text, CONSUMERS);
  return new Map(
    CONSUMERS.flatMap((consumer) => {
      const [key, ...others] = lists.get(consumer) ?? [];
      if (others.length > 0) throw new Error(`${consumer} has more than one key`);
      return key === undefined ? [] : [[consumer, key] as const];
    }),
  );
}

function readLists(text: string, known: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    text.split(" ").map((entry) => {
      const [name = "", keys = "", ...others] = entry.split("=");
      if (!known.includes(name) || others.length > 0)
        throw new Error(`"${entry}" is not a name and its keys`);
      const list = keys.split(",");
      if (list.includes("")) throw new Error(`a key of ${name} is empty`);
      return [name, list] as const;
    }),
  );
}
