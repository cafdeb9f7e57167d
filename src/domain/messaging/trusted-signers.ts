import { PRODUCERS, type Producer } from "./event-type.ts";

/** Ids of the keys with which each producer signs: two of one while its key is replaced. */
export type TrustedSigners = Readonly<Record<Producer, readonly string[]>>;

/** Reads `gatehouse.airline=<key id>,<key id> gatehouse.hooks=<key id>`. Throws unless every producer has a key. */
export function readTrustedSigners(text: string): TrustedSigners {
  const keys = new Map(
    text.split(" ").map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1).split(",")] as const;
    }),
  );
  const keysOf = (producer: Producer) => {
    const found = keys.get(producer)?.filter((key) => key !== "") ?? [];
    if (found.length === 0) throw new Error(`there is no signing key of ${producer}`);
    return found;
  };
  const known = Object.keys(PRODUCERS);
  const unknown = [...keys.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`a signing key is of ${unknown}, which is no producer`);
  return { "gatehouse.airline": keysOf("gatehouse.airline"), "gatehouse.hooks": keysOf("gatehouse.hooks") };
}
