const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

/** An IPv4 or IPv6 address, or a CIDR range of them whose host bits are all zero. */
export function isCidrRange(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  if (rest.length > 0) return false;
  const bits = bitsOf(address);
  if (bits === undefined) return false;
  if (prefix === undefined) return true;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > bits.length) return false;
  return !bits.slice(Number(prefix)).includes("1");
}

/** The address as a row of 32 or 128 binary digits; undefined when it is none. */
function bitsOf(address: string): string | undefined {
  if (IPV4.test(address)) return binary(address.split(".").map(Number), 8);
  const groups = groupsOf(address);
  return groups && binary(groups, 16);
}

/** The eight groups of an IPv6 address (RFC 4291, section 2.2, without embedded IPv4). */
function groupsOf(address: string): number[] | undefined {
  const halves = address.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const given = [...head, ...(tail ?? [])];
  if (!given.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  if (tail === undefined ? given.length !== 8 : given.length > 7) return undefined;
  const zeros = Array.from({ length: 8 - given.length }, () => "0");
  return [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
}

function binary(numbers: readonly number[], width: number): string {
  return numbers.map((number) => number.toString(2).padStart(width, "0")).join("");
}
