import { isIP } from "node:net";
import { Refusal } from "../refusal.ts";
import { bareHost, isLoopbackHost, isPublicAddress, type Loopback } from "./address-guard.ts";

/** What other services allow; more would let a tenant look for open ports of third parties by our hand. */
const PORTS = ["", "8443"];

const LONGEST = 2048;

/** A name of two labels at least, without a trailing dot. */
const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/;

/** Top-level names that the public DNS does not have (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`), and usual private ones. */
const PRIVATE_NAMES =
  /\.(?:localhost|local|internal|intranet|private|corp|home|lan|localdomain|arpa|test|example|invalid|onion)$/;

/**
 * An endpoint's URL, normalised by WHATWG's rules: judged is what was parsed, and used is what was judged, so that an
 * address in a decimal, octal or hexadecimal spelling is the address that it stands for. Its host is yet to be resolved.
 * Throws a Refusal `invalid`.
 */
export function endpointUrl(text: string, loopback: Loopback): URL {
  const url = parse(text);
  if (url.username || url.password) refuse("The URL must have no user or password.");
  if (text.includes("#")) refuse("The URL must have no fragment.");
  if (url.href.length > LONGEST) refuse(`The URL may have ${LONGEST} characters.`);
  if (loopback === "on" && isLoopbackHost(url) && isHttp(url)) return url;
  if (url.protocol !== "https:") refuse("The URL must begin with https://.");
  if (!PORTS.includes(url.port)) refuse("The port must be 443 or 8443.");
  checkHost(bareHost(url));
  return url;
}

function parse(text: string): URL {
  // The parser would take blanks, tabs and line breaks out without a word.
  const url = /^[!-~]+$/.test(text) ? URL.parse(text) : null;
  return url ?? refuse("It is no URL.");
}

function checkHost(host: string): void {
  if (isIP(host) !== 0) {
    if (!isPublicAddress(host)) refuse("The address must be a public one.");
    return;
  }
  if (host.length > 253 || !HOST_NAME.test(host) || PRIVATE_NAMES.test(host))
    refuse("The host must be a name of the public DNS, without a trailing dot.");
}

const isHttp = ({ protocol }: URL) => protocol === "http:" || protocol === "https:";

function refuse(detail: string): never {
  throw new Refusal("invalid", detail, [{ pointer: "#/url", detail }]);
}
