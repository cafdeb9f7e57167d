import type { TenantId } from "./tenant-id.ts";

/** How long a machine's access token can live; `src/aws/cognito/app-clients.ts` makes clients so. */
export const TOKEN_LIFE_SECONDS = 3600;

/** Cognito waits 5 s for the trigger, so a token that a tenant was still granted may be issued this much later. */
const ISSUING_SECONDS = 10;

/** Clocks of services differ a little. */
const MARGIN_SECONDS = 300;

/** Whose tokens are void: `tenant#<tenantId>` or `client#<clientId>`. */
export type CutOffSubject = `tenant#${string}` | `client#${string}`;

export function isCutOffSubject(text: unknown): text is CutOffSubject {
  return typeof text === "string" && /^(tenant|client)#./.test(text);
}

export const cutOffOfTenant = (tenantId: TenantId): CutOffSubject => `tenant#${tenantId}`;

export const cutOffOfClient = (clientId: string): CutOffSubject => `client#${clientId}`;

/** Tokens of the subject that were issued before a moment are void. */
export interface CutOff {
  readonly subject: CutOffSubject;
  /** Seconds since the epoch, as a token's `iat`. */
  readonly notBefore: number;
  /** Seconds since the epoch: no such token lives any longer, and the cut-off may be forgotten. */
  readonly expiresAt: number;
}

/** Voids what was issued until now, and what is being issued at this moment. */
export function cutOffNow(subject: CutOffSubject, now: number): CutOff {
  return cutOff(subject, Math.ceil(now / 1000) + ISSUING_SECONDS);
}

/** Voids what was issued before now; what is issued from this second on is good. */
export function cutOffUntil(subject: CutOffSubject, now: number): CutOff {
  return cutOff(subject, Math.floor(now / 1000));
}

function cutOff(subject: CutOffSubject, notBefore: number): CutOff {
  return { subject, notBefore, expiresAt: notBefore + TOKEN_LIFE_SECONDS + MARGIN_SECONDS };
}
