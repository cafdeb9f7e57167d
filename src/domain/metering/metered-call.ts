import { isTenantId, type TenantId } from "../tenancy/tenant-id.ts";
import { isRefusal, type StatusClass, statusClassOf } from "./status-class.ts";

/** Whose calls are counted: a tenant's, or the stage's where no verified token named a tenant. */
export type Subject = TenantId | typeof STAGE;

export const STAGE = "stage";

/** What an access log stands for a value with that is absent. */
const ABSENT = "-";

/** What the ledger takes from a line of the access log. */
export interface MeteredCall {
  readonly subject: Subject;
  /** Of the token; `-` where there was none. */
  readonly clientId: string;
  /** The API key that the gateway found; undefined where it found none. */
  readonly apiKeyId: string | undefined;
  /** Method and resource of the template, `GET /v1/flights/{flightId}`; `-` for a call to none of them. */
  readonly route: string;
  readonly statusClass: StatusClass;
  /** Whether the key's usage plan counted it: the gateway let it in, whatever a function said then. */
  readonly isMetered: boolean;
  /** When the gateway received the call, epoch milliseconds. */
  readonly time: number;
  /** Milliseconds; 0 where the log has none. */
  readonly latency: number;
}

const CLIENT_ID = /^[\w+]{1,128}$/;
const API_KEY_ID = /^[\w-]{1,64}$/;
const METHOD = /^[A-Z]{1,10}$/;
const RESOURCE = /^(?:[A-Z]{1,10} )?\/[\w/{}+.-]{0,255}$/;

/**
 * Reads a line of the format in `AccessLogSetting` of resources/edge.yml. Undefined for a line that is none,
 * or that lacks what the ledger needs: a time and a status.
 */
export function meteredCallOf(line: string): MeteredCall | undefined {
  const fields = parse(line);
  if (!fields) return undefined;
  const time = timeOf(fields);
  const statusClass = statusClassOf(numberOf(fields.status) ?? 0);
  if (time === undefined || time <= 0 || statusClass === undefined) return undefined;
  const { tenantId, clientId, apiKeyId } = fields;
  return {
    subject: isTenantId(tenantId) ? tenantId : STAGE,
    clientId: matching(clientId, CLIENT_ID) ?? ABSENT,
    apiKeyId: apiKeyId === ABSENT ? undefined : matching(apiKeyId, API_KEY_ID),
    route: routeOf(fields),
    statusClass,
    isMetered: !isRefusal(statusClass) || fields.responseType === ABSENT,
    time,
    latency: Math.max(0, numberOf(fields.latencyMs) ?? 0),
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? Object(value) : undefined;
  } catch {
    return undefined;
  }
}

/** A REST API's log has milliseconds; an HTTP API's has seconds under the same name (docs/behaviours/http-api.md). */
function timeOf({ time }: Readonly<Record<string, unknown>>): number | undefined {
  const number = numberOf(time);
  return number !== undefined && number < FIRST_IN_MILLISECONDS ? number * 1000 : number;
}

/** In 1973 as milliseconds, and in 5138 as seconds. */
const FIRST_IN_MILLISECONDS = 1e11;

/** A REST API names the resource, an HTTP API the route's key, which begins with the method. */
function routeOf({ method, route, responseType }: Readonly<Record<string, unknown>>): string {
  // Whatever API Gateway writes for a path that no resource matches, nobody is to make up counters with it.
  if (responseType === "MISSING_AUTHENTICATION_TOKEN") return ABSENT;
  const resource = matching(route, RESOURCE);
  if (resource === undefined) return ABSENT;
  if (!resource.startsWith("/")) return resource;
  return `${matching(method, METHOD) ?? ABSENT} ${resource}`;
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === "string" && pattern.test(value) ? value : undefined;
}

/** The log's values are texts. */
function numberOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !/^\d{1,15}$/.test(value)) return undefined;
  return Number(value);
}
