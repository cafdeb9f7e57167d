import type { LoyaltyAccount } from "../../generated/loyalty-account.d.ts";

const SILVER = 50_000;
const GOLD = 100_000;

/** The account that a balance makes. */
export function accountOf(points: number): LoyaltyAccount {
  if (points >= GOLD) return { points, level: "gold", remainingPoints: 0 };
  if (points >= SILVER) return { points, level: "silver", remainingPoints: GOLD - points };
  return { points, level: "bronze", remainingPoints: SILVER - points };
}
