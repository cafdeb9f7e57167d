import { ulid } from "ulid";
import type { LoyaltyTransaction } from "../../generated/loyalty-transaction.d.ts";
import type { NewLoyaltyTransaction } from "../../generated/new-loyalty-transaction.d.ts";
import { Refusal } from "../refusal.ts";

declare const brand: unique symbol;

/** 1 to 64 of `[A-Za-z0-9_-]`, chosen by the tenant. */
export type CustomerId = string & { readonly [brand]: "CustomerId" };

/** `ltx_` + ULID. Ids grow with time, so their order is the ledger's. */
export type TransactionId = string & { readonly [brand]: "TransactionId" };

const CUSTOMER_ID = /^[A-Za-z0-9_-]{1,64}$/;
const TRANSACTION_ID = /^ltx_[0-9A-HJKMNP-TV-Z]{26}$/;

function isCustomerId(text: unknown): text is CustomerId {
  return typeof text === "string" && CUSTOMER_ID.test(text);
}

/** Throws a Refusal `invalid`. */
export function customerIdOf(text: unknown): CustomerId {
  if (isCustomerId(text)) return text;
  const detail = "A customer id is 1 to 64 letters, digits, underscores or hyphens.";
  throw new Refusal("invalid", detail, [{ pointer: "#/customerId", detail }]);
}

export function isTransactionId(text: string): text is TransactionId {
  return TRANSACTION_ID.test(text);
}

/** The ledger entry for points to be earned or redeemed at `now` (epoch milliseconds). */
export function transactionOf(
  customerId: CustomerId,
  booked: NewLoyaltyTransaction,
  now = Date.now(),
): LoyaltyTransaction {
  return {
    transactionId: `ltx_${ulid(now)}`,
    customerId,
    type: booked.type,
    points: booked.points,
    reason: booked.reason,
    createdAt: new Date(now).toISOString(),
  };
}
