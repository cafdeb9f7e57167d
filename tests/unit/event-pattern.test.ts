import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { compileEventPattern } from "../../scripts/local-aws/events/event-pattern.ts";

const fits = (pattern: object, event: object) => compileEventPattern(pattern)(event);

describe("an event pattern is refused", () => {
  it.each([
    [{}, "Empty objects are not allowed"],
    [{ a: [] }, "Empty arrays are not allowed"],
    [{ a: "x" }, '"a" must be an object or an array'],
    [{ a: { b: 1 } }, '"b" must be an object or an array'],
    [{ a: [{ prefix: "x", suffix: "y" }] }, "not exactly one operator"],
    [{ a: [{}] }, "not exactly one operator"],
    [{ a: [{ starts: "x" }] }, "Unrecognized match type starts"],
    [{ a: [{ prefix: 1 }] }, "prefix match pattern must be a string"],
    [{ a: [{ exists: "yes" }] }, "true or false"],
    [{ a: [{ numeric: [">"] }] }, "array of comparisons"],
    [{ a: [{ numeric: ["!", 1] }] }, "Unrecognized numeric range operator"],
    [{ a: [{ numeric: [">", 5_000_000_001] }] }, "between"],
    [{ a: [{ "anything-but": ["x", 1] }] }, "all values are number or string"],
    [{ a: [{ "anything-but": { numeric: ["=", 1] } }] }, "anything-but"],
    [{ a: [{ wildcard: "a**b" }] }, "Consecutive wildcard"],
    [{ a: [{ wildcard: "a\\b" }] }, "Invalid escape"],
    [{ a: [{ cidr: "10.0.0.0" }] }, "Malformed CIDR"],
    [{ a: [{ cidr: "10.0.0.0/33" }] }, "Malformed CIDR"],
  ])("%j", (pattern, reason) => {
    expect(() => compileEventPattern(pattern)).toThrow(reason);
    expect(() => compileEventPattern(pattern)).toThrow(
      expect.objectContaining({ code: "InvalidEventPatternException" }),
    );
  });

  it("that is no JSON, or no object", () => {
    for (const text of ["{", "[]", "null", '"a"']) expect(() => compileEventPattern(text)).toThrow("Filter");
  });
});

describe("an event pattern", () => {
  it.each([
    [{ a: ["x"] }, { a: "x" }, { a: "y" }],
    [{ a: [1] }, { a: 1 }, { a: "1" }],
    [{ a: [null] }, { a: null }, {}],
    [{ a: [""] }, { a: "" }, { a: null }],
    [{ a: [true] }, { a: true }, { a: "true" }],
    [{ a: ["x", "y"] }, { a: "y" }, { a: "z" }],
    [
      { a: ["x"], b: ["y"] },
      { a: "x", b: "y" },
      { a: "x", b: "x" },
    ],
    [{ a: { b: ["x"] } }, { a: { b: "x" } }, { b: "x" }],
    [{ a: [{ exists: true }] }, { a: null }, {}],
    [{ a: [{ exists: false }] }, {}, { a: "x" }],
    [{ a: { b: [{ exists: false }] } }, {}, { a: { b: 1 } }],
    [{ a: [{ exists: true }] }, { a: "x" }, { a: { b: "x" } }],
    [{ a: [{ prefix: "us-" }] }, { a: "us-east-1" }, { a: "eu-us-" }],
    [{ a: [{ prefix: { "equals-ignore-case": "US-" } }] }, { a: "us-east-1" }, { a: "eu" }],
    [{ a: [{ suffix: ".png" }] }, { a: "x.png" }, { a: "x.PNG" }],
    [{ a: [{ suffix: { "equals-ignore-case": ".png" } }] }, { a: "x.PNG" }, { a: "png" }],
    [{ a: [{ "equals-ignore-case": "Alice" }] }, { a: "ALICE" }, { a: "alices" }],
    [{ a: [{ "anything-but": "x" }] }, { a: "y" }, { a: "x" }],
    [{ a: [{ "anything-but": "x" }] }, { a: 1 }, {}],
    [{ a: [{ "anything-but": [1, 2] }] }, { a: 3 }, { a: 2 }],
    [{ a: [{ "anything-but": { prefix: "us-" } }] }, { a: "eu-" }, { a: "us-1" }],
    [{ a: [{ "anything-but": { suffix: [".png", ".gif"] } }] }, { a: "x.jpg" }, { a: "x.gif" }],
    [{ a: [{ "anything-but": { "equals-ignore-case": "x" } }] }, { a: "y" }, { a: "X" }],
    [{ a: [{ "anything-but": { wildcard: "*/lib/*" } }] }, { a: "/usr/bin/" }, { a: "/usr/lib/x" }],
    [{ a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 5 }, { a: 0 }],
    [{ a: [{ numeric: ["=", 3.018e2] }] }, { a: 301.8 }, { a: "301.8" }],
    [{ a: [{ cidr: "10.0.0.0/24" }] }, { a: "10.0.0.255" }, { a: "10.0.1.0" }],
    [{ a: [{ cidr: "2001:db8::/32" }] }, { a: "2001:db8::1" }, { a: "10.0.0.1" }],
    [{ a: [{ wildcard: "a*c*e" }] }, { a: "abcde" }, { a: "abcd" }],
    [{ a: [{ wildcard: "\\*\\\\*" }] }, { a: "*\\x" }, { a: "x\\x" }],
    [{ a: [{ wildcard: "aba*aba" }] }, { a: "abaaba" }, { a: "aba" }],
    [{ $or: [{ a: ["x"] }, { b: [{ numeric: ["<", 1] }] }] }, { a: "y", b: 0 }, { a: "y", b: 1 }],
    [{ a: ["x"], $or: [{ b: ["x"] }, { c: ["x"] }] }, { a: "x", c: "x" }, { c: "x" }],
    [{ $or: ["x"] }, { $or: "x" }, { $or: "y" }],
    [{ a: ["x"] }, { a: ["y", ["x"]] }, { a: ["y", { x: "x" }] }],
    [{ a: { b: ["1"], c: ["2"] } }, { a: [{}, { b: "1", c: "2" }] }, { a: [{ b: "1" }, { c: "2" }] }],
  ])("%j fits %j and not %j", (pattern, fitting, other) => {
    expect(fits(pattern, fitting)).toBe(true);
    expect(fits(pattern, other)).toBe(false);
  });

  it("does not reach what an event only inherits", () => {
    expect(fits({ toString: [{ exists: true }] }, {})).toBe(false);
    expect(fits({ __proto__x: [{ exists: false }] }, {})).toBe(true);
  });
});

describe("whatever the values", () => {
  const text = fc.string({ unit: "binary", maxLength: 12 });

  it("prefix, suffix and wildcard agree with the text they were cut from", () => {
    fc.assert(
      fc.property(text, text, text, (before, inside, after) => {
        const a = before + inside + after;
        const literal = (part: string) => part.replace(/[*\\]/g, "\\$&");
        expect(fits({ a: [{ prefix: before }] }, { a })).toBe(true);
        expect(fits({ a: [{ suffix: after }] }, { a })).toBe(true);
        expect(fits({ a: [{ wildcard: literal(a) }] }, { a })).toBe(true);
        expect(fits({ a: [{ wildcard: `${literal(before)}*${literal(after)}` }] }, { a })).toBe(true);
        // Two wildcards in a row are refused, so something has to be between.
        expect(
          fits({ a: [{ wildcard: `*x${literal(inside)}*` }] }, { a: `${before}x${inside}${after}` }),
        ).toBe(true);
      }),
    );
  });

  it("a wildcard matches what the same regular expression matches", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 2, maxLength: 4 }),
        fc.string({ unit: fc.constantFrom("a", "b", ".") }),
        (parts, a) => {
          // Two wildcards in a row are refused.
          const pieces = parts.map((piece, at) =>
            at > 0 && at < parts.length - 1 && piece === "" ? "a" : piece,
          );
          const expression = new RegExp(`^${pieces.map((piece) => RegExp.escape(piece)).join(".*")}$`, "s");
          expect(fits({ a: [{ wildcard: pieces.join("*") }] }, { a })).toBe(expression.test(a));
        },
      ),
    );
  });

  it("anything-but is the opposite of the value, for a field that is there", () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.integer()), fc.oneof(text, fc.integer(), fc.boolean()), (listed, a) => {
        expect(fits({ a: [{ "anything-but": listed }] }, { a })).toBe(!fits({ a: [listed] }, { a }));
      }),
    );
  });

  it("a number is in a range or above or below it", () => {
    const number = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(number, number, number, (a, one, two) => {
        const [low, high] = [Math.min(one, two), Math.max(one, two)];
        const places = [
          ["<", low],
          [">=", low, "<=", high],
          [">", high],
        ].map((numeric) => fits({ a: [{ numeric }] }, { a }));
        expect(places.filter(Boolean)).toHaveLength(1);
      }),
    );
  });
});
