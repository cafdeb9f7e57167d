import { describe, expect, it } from "@jest/globals";
import { accountOf } from "../../src/domain/loyalty/account.ts";
import { customerIdOf, isTransactionId, transactionOf } from "../../src/domain/loyalty/transaction.ts";

describe("a loyalty account", () => {
  it.each([
    [0, "bronze", 50_000],
    [900, "bronze", 49_100],
    [49_999, "bronze", 1],
    [50_000, "silver", 50_000],
    [99_999, "silver", 1],
    [100_000, "gold", 0],
    [2_000_000, "gold", 0],
  ])("of %d points is %s, %d from the next level", (points, level, remainingPoints) => {
    expect(accountOf(points)).toEqual({ points, level, remainingPoints });
  });
});

describe("a customer id", () => {
  it.each(["", "a b", "ä", "a/b", "a#b", "x".repeat(65), undefined])("is not %p", (text) => {
    expect(() => customerIdOf(text)).toThrow("A customer id is 1 to 64");
  });
  it.each(["a", "A-1_b", "x".repeat(64)])("is %p", (text) => {
    expect(customerIdOf(text)).toBe(text);
  });
});

describe("a loyalty transaction", () => {
  it("has an id that grows with time", () => {
    const booked = { type: "earn" as const, points: 1370, reason: "flight" };
    const [earlier, later] = [1_800_000_000_000, 1_800_000_000_001].map((now) =>
      transactionOf(customerIdOf("c1"), booked, now),
    );
    expect(earlier).toMatchObject({ customerId: "c1", ...booked, createdAt: "2027-01-15T08:00:00.000Z" });
    expect(isTransactionId(earlier?.transactionId ?? "")).toBe(true);
    expect((earlier?.transactionId ?? "") < (later?.transactionId ?? "")).toBe(true);
  });
});
