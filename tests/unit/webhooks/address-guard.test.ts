import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isPublicAddress, judgeHost } from "../../../src/domain/webhooks/address-guard.ts";
import { endpointUrl } from "../../../src/domain/webhooks/endpoint-url.ts";

/** What the internet does not route, by RFC 6890 and its successors, as CIDR blocks. */
const PRIVATE_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "255.255.255.255/32",
];

const PRIVATE_IPV6 = [
  "::/128",
  "::1/128",
  "::/96", // IPv4-compatible, deprecated: ::169.254.169.254
  "::ffff:0:0:0/96", // RFC 2765
  "64:ff9b:1::/48", // NAT64 within a network
  "100::/64",
  "2001::/32", // Teredo
  "2001:2::/48",
  "2001:10::/28",
  "2001:20::/28",
  "2001:db8::/32",
  "3fff::/20",
  "5f00::/16",
  "4000::/3", // not allotted to anybody
  "fc00::/7",
  "fd00:ec2::254/128", // metadata of EC2
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

function ipv4In(block: string) {
  const [base = "", bits = "32"] = block.split("/");
  const first = base.split(".").reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return fc
    .bigInt({ min: first, max: first + 2n ** (32n - BigInt(bits)) - 1n })
    .map((value) => Number(value));
}

function ipv6In(block: string) {
  const [base = "", bits = "128"] = block.split("/");
  const first = base
    .replace("::", `:${"0:".repeat(8 - base.split(":").filter(Boolean).length)}`)
    .split(":")
    .filter(Boolean)
    .reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n);
  return fc.bigInt({ min: first, max: first + 2n ** (128n - BigInt(bits)) - 1n });
}

const octets = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
const dotted = (value: number) => octets(value).join(".");
const hex = (value: number, width: number) => value.toString(16).padStart(width, "0");
const groups = (value: number) => `${hex(Math.floor(value / 65_536), 4)}:${hex(value % 65_536, 4)}`;
const ipv6Text = (value: bigint) => (value.toString(16).padStart(32, "0").match(/.{4}/g) ?? []).join(":");

/** IPv4 as a host of a URL: WHATWG's parser takes all of them for the same address. */
const SPELLINGS: Readonly<Record<string, (value: number) => string>> = {
  dotted,
  decimal: String,
  hexadecimal: (value) => `0x${hex(value, 8)}`,
  octal: (value) => `0${value.toString(8)}`,
  "octal by octet": (value) =>
    octets(value)
      .map((octet) => `0${octet.toString(8)}`)
      .join("."),
  "hexadecimal by octet": (value) =>
    octets(value)
      .map((octet) => `0x${octet.toString(16)}`)
      .join("."),
  "of two parts": (value) => `${Math.floor(value / 2 ** 24)}.${value % 2 ** 24}`,
  "with a trailing dot": (value) => `${dotted(value)}.`,
  mapped: (value) => `[::ffff:${dotted(value)}]`,
  "mapped in hexadecimal": (value) => `[::ffff:${groups(value)}]`,
  translated: (value) => `[64:ff9b::${groups(value)}]`,
  "6to4": (value) => `[2002:${groups(value)}::1]`,
};

const refusal = (url: string) => {
  try {
    endpointUrl(url, "off");
    return "let through";
  } catch (error) {
    return error instanceof Error ? error.name : "no error";
  }
};

describe("an address that the internet does not route", () => {
  it.each(PRIVATE_IPV4)("of %s is refused in every spelling", (block) => {
    fc.assert(
      fc.property(ipv4In(block), fc.constantFrom(...Object.values(SPELLINGS)), (value, spell) => {
        expect([spell(value), refusal(`https://${spell(value)}/hook`)]).toEqual([spell(value), "Refusal"]);
      }),
    );
  });

  it.each(PRIVATE_IPV6)("of %s is refused, in a URL and as an answer of the DNS", (block) => {
    fc.assert(
      fc.property(ipv6In(block), (value) => {
        expect([ipv6Text(value), refusal(`https://[${ipv6Text(value)}]/`)]).toEqual([
          ipv6Text(value),
          "Refusal",
        ]);
        expect(isPublicAddress(ipv6Text(value))).toBe(false);
      }),
    );
  });

  it("refuses its host, even as one of several, and the host without an address", async () => {
    const hosts: Readonly<Record<string, readonly string[]>> = {
      "public.example.com": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
      "mixed.example.com": ["93.184.215.14", "169.254.169.254"],
      "rebound.example.com": ["::ffff:10.0.0.1"],
      "nowhere.example.com": [],
      "odd.example.com": ["010.8.8.8"],
      "zoned.example.com": ["fe80::1%eth0"],
    };
    const judge = (host: string) =>
      judgeHost(endpointUrl(`https://${host}/`, "off"), async (name) => hosts[name] ?? [], "off");
    expect(await judge("public.example.com")).toEqual({ addresses: hosts["public.example.com"] });
    for (const host of Object.keys(hosts).slice(1))
      expect([host, await judge(host)]).toEqual([host, { refused: expect.any(String) }]);
  });
});

describe("an address of the internet", () => {
  it.each(["8.8.8.8", "1.1.1.1", "93.184.215.14", "198.20.0.1", "172.32.0.1", "100.128.0.1"])(
    "%s is let through, also mapped, translated and 6to4",
    (address) => {
      const value = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
      for (const spell of Object.values(SPELLINGS))
        expect([spell(value), refusal(`https://${spell(value)}/`)]).toEqual([spell(value), "let through"]);
    },
  );

  it.each(["2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001::1"])(
    "%s is let through",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
      expect(refusal(`https://[${address}]/`)).toBe("let through");
    },
  );
});

describe("this machine", () => {
  const local = ["http://127.0.0.1:9000/hook", "http://localhost:9000/", "http://[::1]:9000/"];

  it.each(local)("at %s is refused unless the stage says otherwise", (url) => {
    expect(refusal(url)).toBe("Refusal");
    expect(refusal(url.replace("http:", "https:").replace(":9000", ""))).toBe("Refusal");
    expect(endpointUrl(url, "on").href).toBe(url);
  });

  it("is all that is let through then: no other private address, and no http elsewhere", async () => {
    for (const url of ["https://10.0.0.1/", "http://hooks.example.com/", "https://169.254.169.254/"])
      expect(() => endpointUrl(url, "on")).toThrow("The ");
    const url = endpointUrl("http://localhost:9000/", "on");
    expect(await judgeHost(url, async () => ["127.0.0.1", "::1"], "on")).toEqual({
      addresses: ["127.0.0.1", "::1"],
    });
    expect(await judgeHost(url, async () => ["10.0.0.1"], "on")).toEqual({ refused: expect.any(String) });
    expect(await judgeHost(url, async () => ["127.0.0.1"], "off")).toEqual({ refused: expect.any(String) });
  });
});
