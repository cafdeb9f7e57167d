import { describe, expect, it } from "@jest/globals";
import { readConsumerKeys, readTrustedSigners } from "../../../src/domain/messaging/key-lists.ts";

describe("the trusted signers", () => {
  it.each([
    "",
    "gatehouse.airline=a",
    "gatehouse.airline=a gatehouse.hooks=",
    "gatehouse.airline=a, gatehouse.hooks=b",
    "gatehouse.airline=a gatehouse.hooks=b gatehouse.other=c",
    "gatehouse.airline=a=b gatehouse.hooks=b",
    "gatehouse.airline=a  gatehouse.hooks=b",
  ])("%j is not believed: nobody is trusted by a slip", (text) => {
    expect(() => readTrustedSigners(text)).toThrow();
  });

  it("are one key of each producer, or two while one replaces the other", () => {
    expect(readTrustedSigners("gatehouse.airline=a,b gatehouse.hooks=c")).toEqual({
      "gatehouse.airline": ["a", "b"],
      "gatehouse.hooks": ["c"],
    });
  });
});

describe("the consumers' keys", () => {
  it("are one of a consumer, and of no others", () => {
    expect([...readConsumerKeys("audit=a webhooks=b")]).toEqual([
      ["audit", "a"],
      ["webhooks", "b"],
    ]);
    expect([...readConsumerKeys("audit=a")]).toEqual([["audit", "a"]]);
    for (const text of ["", "audit=", "audit=a,b", "other=a"]) expect(() => readConsumerKeys(text)).toThrow();
  });
});
