import type { AuditRecord } from "../audit.ts";
import type { DomainEvent } from "../messaging/domain-event.ts";
import type { CutOff } from "./cut-off.ts";

/** What is written together with a change, all or nothing. */
export interface Along {
  readonly audit: AuditRecord;
  readonly cutOff?: CutOff | undefined;
  /** What consumers are told of the change: told if it is made, and only then. */
  readonly event?: DomainEvent | undefined;
}
