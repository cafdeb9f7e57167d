import { createHmac } from "node:crypto";
import type { Authorization } from "./authorization-header.ts";

type Scope = Pick<Authorization, "date" | "region" | "service">;

const KEPT_KEYS = 1000;
const keys = new Map<string, Buffer>();

/** `yyyymmdd/region/service/aws4_request` */
export function credentialScope({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** The key that a secret gives for a day, region and service; kept, since it takes four HMACs to make. */
export function signingKey(secretAccessKey: string, scope: Scope): Buffer {
  const id = `${secretAccessKey}/${credentialScope(scope)}`;
  const kept = keys.get(id);
  if (kept) return kept;
  const { date, region, service } = scope;
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const made = Buffer.from(key);
  if (keys.size >= KEPT_KEYS) keys.clear();
  keys.set(id, made);
  return made;
}

export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
