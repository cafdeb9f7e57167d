/** Nothing lies there yet. */
export const IS_NEW = "attribute_not_exists(pk)";

/** The item is there, and no run holds the lease on it, not even who asks; `:now` epoch milliseconds. */
export const IS_UNHELD = "attribute_exists(pk) AND (attribute_not_exists(run) OR runUntil <= :now)";

/** No other run holds the lease on an item; `:run` is who asks, `:now` epoch milliseconds. */
export const IS_FREE = "(attribute_not_exists(run) OR run = :run OR runUntil <= :now)";
