import { randomInt } from "node:crypto";

const CLASSES = ["abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "-_=+.:@%"] as const;
const ALL = CLASSES.join("");
const LENGTH = 24;

/**
 * A random password of 24 characters, with one of each kind that a pool's policy may ask for, and without
 * those that are easily misread or that a shell takes for its own (about 140 bits).
 */
export function newPassword(): string {
  for (;;) {
    const password = Array.from({ length: LENGTH }, () => ALL.charAt(randomInt(ALL.length))).join("");
    const hasEach = CLASSES.every((characters) => [...characters].some((one) => password.includes(one)));
    // One that begins with a dash would be taken for an option.
    if (hasEach && /^[A-Za-z]/.test(password)) return password;
  }
}
