import { lookup } from "node:dns/promises";
import { setTimeout } from "node:timers/promises";

const PATIENCE_MILLISECONDS = 3000;

/** The DNS did not answer; it may later. */
export class ResolverUnavailable extends Error {}

/** Every address of the host, by the system's resolver; none where it has none. Throws ResolverUnavailable. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  const patience = new AbortController();
  try {
    // The system's resolver takes no signal, and may wait much longer.
    return await Promise.race([addressesOf(host), late(patience.signal)]);
  } finally {
    patience.abort();
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true, order: "verbatim" });
    return found.map(({ address }) => address);
  } catch (error) {
    if (hasCode(error, "ENOTFOUND") || hasCode(error, "ENODATA")) return [];
    throw new ResolverUnavailable(`the resolver failed at ${host}`, { cause: error });
  }
}

async function late(signal: AbortSignal): Promise<never> {
  await setTimeout(PATIENCE_MILLISECONDS, undefined, { signal, ref: false });
  throw new ResolverUnavailable("the resolver took too long");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
