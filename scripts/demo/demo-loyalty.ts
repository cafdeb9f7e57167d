import { ulid } from "ulid";
import { type CustomerId, customerIdOf } from "../../src/domain/loyalty/transaction.ts";
import type { LoyaltyTransaction } from "../../src/generated/loyalty-transaction.d.ts";
import type { DemoTenant } from "./demo-tenants.ts";
import { between, pick, type Random, randomOf } from "./random.ts";

const ACCOUNTS = 40;
const FIRST_DAY = Date.UTC(2026, 0, 5);
const DAY = 86_400_000;

export interface DemoAccount {
  readonly customerId: CustomerId;
  readonly points: number;
  readonly ledger: readonly LoyaltyTransaction[];
}

/** Accounts of all levels, each balance the sum of its ledger; the same for a tenant every time. */
export function demoAccounts(tenant: DemoTenant): DemoAccount[] {
  const random = randomOf(`${tenant.slug} loyalty`);
  return Array.from({ length: ACCOUNTS }, (_, index) =>
    demoAccount(customerIdOf(`${tenant.airline}-${String(index + 1).padStart(4, "0")}`), random),
  );
}

function demoAccount(customerId: CustomerId, random: Random): DemoAccount {
  const ledger: LoyaltyTransaction[] = [];
  // Most people fly now and then, a few all the time.
  const pointsOfFlight = pick(random, [900, 1400, 2500, 9000, 26_000]);
  let points = 0;
  let time = FIRST_DAY + between(random, 0, 30) * DAY;
  for (let remaining = between(random, 2, 7); remaining > 0; remaining -= 1) {
    time += between(random, 3, 40) * DAY + between(random, 0, 86_399) * 1000;
    const redeems = points >= 5000 && random() < 0.25;
    const amount = redeems
      ? between(random, 1, Math.floor(points / 1000)) * 500
      : earned(pointsOfFlight, random);
    points += redeems ? -amount : amount;
    ledger.push({
      transactionId: `ltx_${ulid(time, random)}`,
      customerId,
      type: redeems ? "redeem" : "earn",
      points: amount,
      reason: redeems
        ? pick(random, ["upgrade", "award flight", "lounge"])
        : pick(random, ["flight", "hotel"]),
      createdAt: new Date(time).toISOString(),
    });
  }
  return { customerId, points, ledger };
}

function earned(pointsOfFlight: number, random: Random): number {
  return Math.round(pointsOfFlight * (0.6 + random() * 0.8));
}
