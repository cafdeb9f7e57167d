import { generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { joseSignature } from "../../../src/aws/kms/jose-signature.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** DER of two integers, as KMS writes it. */
function der(r: Uint8Array, s: Uint8Array): Buffer {
  const integer = (bytes: Uint8Array) => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const short = bytes.subarray(first === -1 ? bytes.length - 1 : first);
    const positive = (short[0] ?? 0) > 127 ? Buffer.concat([Buffer.alloc(1), short]) : short;
    return Buffer.concat([Buffer.from([2, positive.length]), positive]);
  };
  const content = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

describe("a signature in DER", () => {
  it("becomes the one of JOSE, however many zeros R and S begin with", () => {
    const half = fc.tuple(fc.nat(32), fc.uint8Array({ minLength: 32, maxLength: 32 }));
    fc.assert(
      fc.property(half, half, (...halves) => {
        const [r, s] = halves.map(([zeros, bytes]) => Buffer.from(bytes).fill(0, 0, zeros));
        if (!r || !s) throw new Error("two halves");
        expect(Buffer.from(joseSignature(der(r, s)))).toEqual(Buffer.concat([r, s]));
      }),
      { numRuns: 1000 },
    );
  });

  it("verifies as one of JOSE, when node:crypto made it", () => {
    for (let run = 0; run < 300; run += 1) {
      const message = Buffer.from(`message ${run}`);
      const signature = joseSignature(sign("sha256", message, privateKey));
      expect(verify("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature)).toBe(true);
    }
  });

  it("is refused when it is cut off, longer, or anything else", () => {
    const good = sign("sha256", Buffer.from("x"), privateKey);
    for (let length = 0; length < good.length; length += 1)
      expect(() => joseSignature(good.subarray(0, length))).toThrow("DER");
    expect(() => joseSignature(Buffer.concat([good, Buffer.alloc(1)]))).toThrow("DER");
    expect(() => joseSignature(der(Buffer.alloc(34, 1), Buffer.alloc(32, 1)))).toThrow("DER");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        if (bytes[0] !== 0x30) expect(() => joseSignature(bytes)).toThrow("DER");
      }),
    );
  });
});
