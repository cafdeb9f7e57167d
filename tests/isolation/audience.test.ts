import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import { AUDIENCE } from "../../src/domain/messaging/audience.ts";
import {
  CONSUMERS,
  type EventType,
  PRODUCERS,
  type Producer,
} from "../../src/domain/messaging/event-type.ts";
import { readConsumerKeys } from "../../src/domain/messaging/key-lists.ts";
import { environmentOf, RELAY } from "../support/deployed-messaging.ts";
import { compiledStack } from "../support/template.ts";

interface PolicyProducer {
  readonly relays: readonly string[];
  readonly types: {
    readonly [operator: string]: { readonly "kms:EncryptionContext:type": readonly string[] } | undefined;
  };
  readonly audience: readonly string[];
}
const policies: {
  readonly PRODUCERS: Readonly<Record<string, PolicyProducer>>;
  readonly CONSUMERS: Readonly<Record<string, { readonly readers: readonly string[] }>>;
} = createRequire(import.meta.url)("../../resources/message-policies.cjs");

const producers = Object.keys(PRODUCERS) as Producer[];
const typesOf = (producer: Producer): readonly EventType[] => PRODUCERS[producer];
/** The consumers of any of the producer's types. */
const audienceOf = (producer: Producer) =>
  CONSUMERS.filter((consumer) => typesOf(producer).some((type) => AUDIENCE[type].includes(consumer)));

/** The key of a consumer's functions, as their environments name it. */
function decryptionKeyOf(consumer: string): string | undefined {
  const [role] = policies.CONSUMERS[consumer]?.readers ?? [];
  const [reader] = compiledStack()
    .resources("AWS::Lambda::Function")
    .filter(({ logicalId }) => logicalId === role?.replace(/Role$/, "LambdaFunction"));
  return reader && environmentOf(reader.logicalId).DECRYPTION_KEY;
}

describe("who may read what is said once and holds everywhere:", () => {
  it("the keys' policies know the producers and consumers that there are, and no others", () => {
    expect(Object.keys(policies.PRODUCERS).sort()).toEqual([...producers].sort());
    expect(Object.keys(policies.CONSUMERS).sort()).toEqual([...CONSUMERS].sort());
  });

  describe.each(producers)("of %s", (producer) => {
    it("the keys' policies let it encrypt for all who may read its types, and for nobody else", () => {
      expect([...(policies.PRODUCERS[producer]?.audience ?? [])].sort()).toEqual(audienceOf(producer).sort());
    });

    it("the keys' policies let it encrypt its own types, and those of no other producer", () => {
      const { StringEquals, StringNotEquals } = policies.PRODUCERS[producer]?.types ?? {};
      const [only, but] = [StringEquals, StringNotEquals].map((by) => by?.["kms:EncryptionContext:type"]);
      const all = producers.flatMap(typesOf);
      const allowed = all.filter((type) => (!only || only.includes(type)) && !but?.includes(type));
      expect([only ?? but, [...allowed].sort()]).toEqual([expect.anything(), [...typesOf(producer)].sort()]);
    });

    it("the relay is given the key of each of them, which is the one that they decrypt with, and no other", () => {
      const keys = [...readConsumerKeys(environmentOf(RELAY[producer]).CONSUMER_KEYS ?? "")];
      expect(keys.map(([consumer]) => consumer).sort()).toEqual(audienceOf(producer).sort());
      for (const [consumer, key] of keys)
        expect([consumer, decryptionKeyOf(consumer)]).toEqual([consumer, key]);
    });
  });
});
