import { Resolver } from "node:dns/promises";

/** A packet that was lost is sent again within the time that there is. Milliseconds. */
const FIRST_TRY_MILLISECONDS = 800;
const TRIES = 2;
const PATIENCE_MILLISECONDS = 3000;

/** The addresses of this machine's loopback, which a name server is not asked for (RFC 6761, section 6.3). */
const LOCALHOST = ["127.0.0.1", "::1"];

/** The DNS did not answer; it may later. */
export class ResolverUnavailable extends Error {}

/** How the DNS is asked; tests have a name server of their own. */
export interface ResolverSettings {
  /** `address:port`; without them those of the system. */
  readonly servers?: readonly string[];
  /** For a whole look-up, in milliseconds. */
  readonly patience?: number;
}

/** Every address of the host, by the system's name servers; none where it has none. Throws ResolverUnavailable. */
export const resolveHost = hostResolver();

/**
 * Asks the name servers itself, by c-ares. The system's resolver (`dns.lookup`) would occupy a thread of libuv's four
 * until it answers, and only two of them may look names up: two names whose servers are silent would stop every
 * other look-up of the process, those of AWS's own endpoints included.
 * https://nodejs.org/docs/latest-v24.x/api/dns.html#implementation-considerations
 */
export function hostResolver({ servers, patience = PATIENCE_MILLISECONDS }: ResolverSettings = {}) {
  return async (host: string): Promise<readonly string[]> => {
    if (host === "localhost") return LOCALHOST;
    // One for each look-up: to cancel one cancels all that it was asked.
    const resolver = new Resolver({ timeout: FIRST_TRY_MILLISECONDS, tries: TRIES });
    if (servers) resolver.setServers(servers);
    const late = setTimeout(() => resolver.cancel(), patience);
    try {
      return await addressesOf(host, resolver);
    } finally {
      clearTimeout(late);
    }
  };
}

/** What one kind of address is known by is enough: each is judged before it is connected to. */
async function addressesOf(host: string, resolver: Resolver): Promise<readonly string[]> {
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (addresses.length > 0) return addresses;
  const failure = answers.map(failureOf).find((reason) => reason !== undefined && !saysNone(reason));
  if (failure === undefined) return [];
  throw new ResolverUnavailable(`the resolver failed at ${host}`, { cause: failure });
}

function failureOf(answer: PromiseSettledResult<unknown>): unknown {
  return answer.status === "rejected" ? answer.reason : undefined;
}

/** No such name, no address of the kind, or no name at all. */
const NONE: readonly unknown[] = ["ENOTFOUND", "ENODATA", "EBADNAME"];

function saysNone(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && NONE.includes(error.code);
}
