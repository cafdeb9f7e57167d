import { randomBytes, randomInt } from "node:crypto";

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const MIXED = `${ALPHABET}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

const draw = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");

/** The part of a pool id after the region. */
export const newPoolSuffix = (): string => draw(MIXED, 9);

export const newClientId = (): string => draw(ALPHABET, 26);

export const newClientSecret = (): string => draw(ALPHABET, 51);

/** 44 characters that end in `=`, as the key ids in Cognito's JWKS. */
export const newKeyId = (): string => randomBytes(32).toString("base64");

export const newOpaqueToken = (): string => randomBytes(96).toString("base64url");
