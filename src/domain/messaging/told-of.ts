import { memberOf } from "../member-of.ts";

/** What a delivery says that it is, for people to find it by: verified by nobody, and harmless in its form. */
export interface ToldOf {
  readonly eventId: string;
  readonly eventType: string;
}

const NAME = /^[\w.-]{1,100}$/;
const NAMELESS = "unknown";

export function toldOf(delivered: unknown): ToldOf {
  const detail = memberOf(delivered, "detail");
  return { eventId: nameIn(detail, "id"), eventType: nameIn(detail, "type") };
}

function nameIn(detail: unknown, member: string): string {
  const name = memberOf(detail, member);
  return typeof name === "string" && NAME.test(name) ? name : NAMELESS;
}
