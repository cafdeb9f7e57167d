import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Every address of a host, as text. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Whether endpoints on this machine's loopback are let through beside public ones. */
export type Loopback = "on" | "off";

/** The addresses that a connection may be made to; or why none may, in words for the tenant. */
export type Judged = { readonly addresses: readonly string[] } | { readonly refused: string };

/** Only what the internet routes is let through: global unicast (https://www.iana.org/assignments/iana-ipv6-special-registry). */
const GLOBAL_UNICAST = ipaddr.IPv6.parse("2000::");
const GLOBAL_UNICAST_BITS = 3;
/** Well-known prefix of translated IPv4 addresses (RFC 6052). The local-use one (RFC 8215) leads into the operator's own network. */
const NAT64 = ipaddr.IPv6.parse("64:ff9b::");
const NAT64_BITS = 96;

const NOT_PUBLIC = "The host must have public addresses only.";

/**
 * Resolves the host of an endpoint and judges each of its addresses. One that is not public refuses the host: which
 * of several a connection would take is not ours to say. Connect to these addresses and resolve nothing again, or the
 * answer may have changed in between (DNS rebinding). Throws what `resolve` throws.
 */
export async function judgeHost(url: URL, resolve: Resolve, loopback: Loopback): Promise<Judged> {
  const host = bareHost(url);
  const addresses = isIP(host) ? [host] : await resolve(host);
  const passes = loopback === "on" && isLoopbackHost(url) ? isLoopbackAddress : isPublicAddress;
  return addresses.length > 0 && addresses.every(passes) ? { addresses } : { refused: NOT_PUBLIC };
}

/** Whether the text is an address that the internet routes. IPv4 in IPv6 is judged by the IPv4 address. */
export function isPublicAddress(text: string): boolean {
  // Stricter than ipaddr.js, which takes 010.0.0.1 for 8.0.0.1 where a system may take it for 10.0.0.1.
  if (isIP(text) === 0) return false;
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv4) return address.range() === "unicast";
  const embedded = embeddedAddress(address);
  if (embedded) return embedded.range() === "unicast";
  return address.match(GLOBAL_UNICAST, GLOBAL_UNICAST_BITS) && address.range() === "unicast";
}

/** Whether the URL names this machine: `localhost`, `127.0.0.1` or `[::1]`. */
export function isLoopbackHost(url: URL): boolean {
  const host = bareHost(url);
  return host === "localhost" || isLoopbackAddress(host);
}

/** The host without the brackets of an IPv6 address. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function isLoopbackAddress(text: string): boolean {
  return isIP(text) !== 0 && ipaddr.parse(text).range() === "loopback";
}

/** The IPv4 address that a mapped, translated (NAT64) or 6to4 address stands for. */
function embeddedAddress(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  if (address.match(NAT64, NAT64_BITS)) return new ipaddr.IPv4(bytes.slice(12));
  if (address.range() === "6to4") return new ipaddr.IPv4(bytes.slice(2, 6));
  return undefined;
}
