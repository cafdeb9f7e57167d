import { SCOPES, type Scope } from "../../src/domain/access/scope.ts";
import type { PlanName } from "../../src/domain/tenancy/plan.ts";
import type { Airport } from "./airports.ts";

/** A kind of aeroplane with the longest route that it flies, in kilometres. */
interface Aircraft {
  readonly type: string;
  readonly seats: number;
  readonly range: number;
  /** Kilometres an hour. */
  readonly speed: number;
}

export interface DemoTenant {
  readonly slug: string;
  readonly name: string;
  readonly plan: PlanName;
  readonly scopes: readonly Scope[];
  readonly airline: string;
  readonly currency: string;
  readonly hub: Airport;
  readonly destinations: readonly [Airport, ...Airport[]];
  /** The first whose range suffices flies a route. */
  readonly fleet: readonly [Aircraft, ...Aircraft[]];
}

const TWIN_OTTER = { type: "DHC6", seats: 19, range: 300, speed: 270 };
const TURBOPROP = { type: "AT76", seats: 72, range: 900, speed: 510 };
const NARROW_BODY = { type: "A20N", seats: 180, range: 5500, speed: 830 };
const WIDE_BODY = { type: "A359", seats: 320, range: 15_000, speed: 905 };

export const DEMO_TENANTS: readonly DemoTenant[] = [
  {
    slug: "skyways",
    name: "Skyways",
    plan: "standard",
    scopes: SCOPES,
    airline: "GH",
    currency: "GBP",
    hub: "LHR",
    destinations: ["JFK", "SFO", "ORD", "YYZ", "DXB", "SIN", "HND", "DEL", "JNB", "CDG", "FRA", "ATH"],
    fleet: [NARROW_BODY, WIDE_BODY],
  },
  {
    slug: "aeroline",
    name: "Aeroline",
    plan: "standard",
    scopes: ["flights.read", "loyalty.read", "tenant.read"],
    airline: "4L",
    currency: "EUR",
    hub: "CPH",
    destinations: ["ARN", "OSL", "HEL", "WAW", "VIE", "FRA", "CDG", "MAD", "LIS", "FCO", "ATH", "LHR"],
    fleet: [TURBOPROP, NARROW_BODY],
  },
  {
    slug: "puddlejump",
    name: "Puddlejump",
    plan: "trial",
    scopes: SCOPES,
    airline: "P7",
    currency: "GBP",
    hub: "GLA",
    destinations: ["INV", "ABZ", "KOI", "LSI", "SYY", "BRR", "TRE"],
    fleet: [TWIN_OTTER, TURBOPROP],
  },
];
