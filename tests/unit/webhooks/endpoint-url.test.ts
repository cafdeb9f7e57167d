import { describe, expect, it } from "@jest/globals";
import { Refusal } from "../../../src/domain/refusal.ts";
import { endpointUrl } from "../../../src/domain/webhooks/endpoint-url.ts";

function refused(text: string): string | undefined {
  try {
    endpointUrl(text, "off");
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect([error.code, error.findings[0]?.pointer]).toEqual(["invalid", "#/url"]);
    return error.detail;
  }
}

describe("the URL of an endpoint is refused", () => {
  it.each([
    ["http://hooks.example.com/", "https"],
    ["ftp://hooks.example.com/", "https"],
    ["javascript:alert(1)", "https"],
    ["file:///etc/passwd", "https"],
    ["hooks.example.com/a", "no URL"],
    ["//hooks.example.com/", "no URL"],
    ["https://", "no URL"],
    ["https://user@hooks.example.com/", "user"],
    ["https://:secret@hooks.example.com/", "user"],
    ["https://hooks.example.com/#", "fragment"],
    ["https://hooks.example.com/#a", "fragment"],
    ["https://hooks.example.com:22/", "port"],
    ["https://hooks.example.com:80/", "port"],
    ["https://hooks.example.com:3000/", "port"],
    ["https://hooks.example.com:99999/", "no URL"],
    ["https://hooks.example.com\t/", "no URL"],
    [" https://hooks.example.com/", "no URL"],
    ["https://hooks.example.com/\n", "no URL"],
    ["https://münchen.example.com/", "no URL"],
    ["https://hooks.example.com./", "public DNS"],
    ["https://hooks/", "public DNS"],
    ["https://localhost/", "public DNS"],
    ["https://a.localhost/", "public DNS"],
    ["https://vault.internal/", "public DNS"],
    ["https://ip-10-0-0-1.ec2.internal/", "public DNS"],
    ["https://printer.local/", "public DNS"],
    ["https://router.home.arpa/", "public DNS"],
    ["https://10.in-addr.arpa/", "public DNS"],
    ["https://VAULT.INTERNAL/", "public DNS"],
    ["https://under_score.example.com/", "public DNS"],
    ["https://-a.example.com/", "public DNS"],
    [`https://hooks.example.com/${"a".repeat(2048)}`, "2048"],
    [`https://${"a.".repeat(140)}example.com/`, "public DNS"],
  ])("%j: %s", (text, because) => {
    expect(refused(text)).toContain(because);
  });
});

describe("the URL of an endpoint", () => {
  it.each([
    ["https://hooks.example.com/in?tenant=a%20b", "https://hooks.example.com/in?tenant=a%20b"],
    ["https://hooks.example.com:443/", "https://hooks.example.com/"],
    ["https://hooks.example.com:8443", "https://hooks.example.com:8443/"],
    ["HTTPS://Hooks.Example.COM/A", "https://hooks.example.com/A"],
    ["https://xn--mnchen-3ya.example.com/", "https://xn--mnchen-3ya.example.com/"],
    ["https:\\\\hooks.example.com\\a/../b", "https://hooks.example.com/b"],
  ])("%s is used as it was parsed", (text, href) => {
    expect(endpointUrl(text, "off").href).toBe(href);
  });
});
