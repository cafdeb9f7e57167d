import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { compileWebAcl } from "../../scripts/local-aws/waf/compile-web-acl.ts";
import { checkTemplate } from "../../scripts/template/check-template.ts";
import { ResourceTypes } from "../../scripts/template/resource-types.ts";
import { credentials, type EdgeUnderTest, GOOD_KEY, seen, startEdge } from "./edge-under-test.ts";
import { gatewayResponse, template } from "./template.ts";
import { webAclTemplate, withRule } from "./web-acl-template.ts";

const FILTERED = { status: 403, body: { message: "Forbidden" }, errorType: "ForbiddenException" };

let edge: EdgeUnderTest | undefined;
afterEach(async () => {
  await edge?.close();
  edge = undefined;
});

async function behind(resources: Awaited<ReturnType<typeof webAclTemplate>>): Promise<EdgeUnderTest> {
  edge = await startEdge(resources);
  return edge;
}

const agent = (name: string) => ({ headers: { ...credentials(), "user-agent": name } });

const post = (running: EdgeUnderTest, bytes: number, headers: Record<string, string> = credentials()) =>
  fetch(`${running.url}/v1/open`, { method: "POST", headers, body: "x".repeat(bytes) });

async function statuses(count: number, call: () => Promise<Response>): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index++) found.push((await call()).status);
  return found;
}

describe("a web ACL", () => {
  it("is asked before route, authorizer, key, model and function, so a call that all would refuse is WAF's", async () => {
    const running = await behind({
      ...(await webAclTemplate({ deniedUserAgents: ["sqlmap"] })),
      ...gatewayResponse("WAF_FILTERED", { StatusCode: "403", ResponseParameters: {} }),
    });
    const unwanted = { "user-agent": "SQLMap/1.8" };
    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(running.url + path, { headers: { ...unwanted, ...headers } });
    const { authorization = "" } = credentials();
    for (const call of [
      () => get("/nowhere"),
      () => get("/v1/flights"),
      () => get("/v1/flights", { authorization }),
      () => get("/v1/flights", { authorization, "x-api-key": "unknown" }),
      () =>
        fetch(`${running.url}/v1/flights`, {
          method: "POST",
          headers: { ...credentials(), ...unwanted, "content-type": "application/json" },
          body: "{}",
        }),
    ])
      expect(await seen(await call())).toEqual(FILTERED);
    expect(running.metered).toEqual([]);
    expect(running.events).toEqual([]);
  });

  it("answers with the gateway response WAF_FILTERED and leaves a line in the access log", async () => {
    const running = await behind({
      ...(await webAclTemplate({ deniedUserAgents: ["sqlmap"] })),
      ...gatewayResponse("WAF_FILTERED", {
        ResponseTemplates: { "application/json": '{"type":"$context.error.responseType"}' },
      }),
    });
    const response = await fetch(`${running.url}/v1/flights`, agent("sqlmap"));
    expect(await response.json()).toEqual({ type: "WAF_FILTERED" });
    expect(JSON.parse(running.logLines.at(-1) ?? "")).toMatchObject({
      status: 403,
      responseType: "WAF_FILTERED",
    });
  });

  it("that is switched off leaves nothing in the template, and everything through", async () => {
    const resources = await webAclTemplate({ webAcl: "off", deniedUserAgents: ["sqlmap"] });
    expect(resources).toEqual({});
    const running = await behind(resources);
    expect((await fetch(`${running.url}/v1/open`, agent("sqlmap"))).status).toBe(200);
  });
});

describe("a deny list", () => {
  it("of user agents refuses whoever contains an entry, in any case, and nobody without a user agent", async () => {
    const running = await behind(await webAclTemplate({ deniedUserAgents: ["sqlmap", "Nikto"] }));
    const path = `${running.url}/v1/open`;
    for (const name of ["sqlmap/1.8", "Mozilla SQLMAP", "nikto"])
      expect(await seen(await fetch(path, agent(name)))).toEqual(FILTERED);
    for (const name of ["sqlma", "curl/8", ""]) expect((await fetch(path, agent(name))).status).toBe(200);
  });

  it("of one user agent works as well: an OrStatement would take no less than two", async () => {
    const running = await behind(await webAclTemplate({ deniedUserAgents: ["sqlmap"] }));
    expect((await fetch(`${running.url}/v1/open`, agent("sqlmap"))).status).toBe(403);
  });

  it.each([
    ["127.0.0.1/32", 403],
    ["127.0.0.0/8", 403],
    ["127.0.0.2/32", 200],
    ["192.0.2.0/24", 200],
    ["::1/128", 200],
  ])("of addresses with %s answers 127.0.0.1 with %i", async (range, status) => {
    const running = await behind(await webAclTemplate({ deniedAddresses: [range] }));
    expect((await fetch(`${running.url}/v1/open`)).status).toBe(status);
  });

  it("that is empty leaves its rule and its IP set out", async () => {
    const resources = await webAclTemplate();
    expect(JSON.stringify(resources)).not.toMatch(/denied|IPSet|GeoMatch/);
  });
});

describe("the rate of an address", () => {
  it("lets the limit through in a window, then nothing, until the window has gone by", async () => {
    const running = await behind(await webAclTemplate({ requestsPerAddress: 10 }));
    const call = () => fetch(`${running.url}/v1/open`);
    expect(await statuses(12, call)).toEqual([...Array<number>(10).fill(200), 403, 403]);
    running.now += 200_000;
    expect((await call()).status).toBe(403);
    running.now += 110_000;
    expect((await call()).status).toBe(200);
  });

  it("counts calls of every kind, also those to routes that are not there", async () => {
    const running = await behind(await webAclTemplate({ requestsPerAddress: 10 }));
    await statuses(10, () => fetch(`${running.url}/nowhere`));
    expect(await seen(await fetch(`${running.url}/nowhere`))).toEqual(FILTERED);
  });
});

describe("the rate of a key", () => {
  it("is counted for each value of the header by itself, and not where there is none", async () => {
    const running = await behind(await webAclTemplate({ requestsPerKey: 10 }));
    const call = (headers: Record<string, string>) => fetch(`${running.url}/v1/open`, { headers });
    const first = await statuses(11, () => call({ "x-api-key": GOOD_KEY }));
    expect(first.slice(9)).toEqual([200, 403]);
    expect((await call({ "x-api-key": "another" })).status).toBe(200);
    expect(await statuses(12, () => call({}))).toEqual(Array<number>(12).fill(200));
  });
});

describe("the size of a body", () => {
  it("is taken up to the limit and not a byte further", async () => {
    const running = await behind(await webAclTemplate());
    expect((await post(running, 16_384)).status).toBe(200);
    expect(await seen(await post(running, 16_385))).toEqual(FILTERED);
  });

  it("is refused beyond what WAF is given to see, however large the limit", async () => {
    const running = await behind(await webAclTemplate({ largestBody: 100_000 }));
    expect((await post(running, 16_384)).status).toBe(200);
    expect((await post(running, 16_385)).status).toBe(403);
  });
});

describe("third parties' messages", () => {
  const HANDLE = "aB3_-".repeat(6).padEnd(32, "x");
  const status = async (running: EdgeUnderTest, path: string) => {
    const response = await fetch(`${running.url}${path}`, { method: "POST", body: "x".repeat(20_000) });
    return (await seen(response)).errorType;
  };

  it("may be larger, at the address of a source and at none that looks like it", async () => {
    const running = await behind(await webAclTemplate());
    // The route is not one of this API's: what the ACL lets through is refused for that.
    expect(await status(running, `/v1/hooks/partner/${HANDLE}`)).toBe("MissingAuthenticationTokenException");
    for (const path of [
      "/v1/hooks",
      "/v1/hooks/partner",
      `/v1/hooks/partner/${HANDLE.slice(1)}`,
      `/v1/hooks/partner/${HANDLE}x`,
      `/v1/hooks/partner/${HANDLE}/more`,
      `/v1/hooks/partner/${HANDLE}/../../../flights`,
      `/v1/hooks/Partner/${HANDLE}`,
      `/v1/flights%2Fv1/hooks/partner/${HANDLE}`,
      `/v1/flights?path=/v1/hooks/partner/${HANDLE}`,
      `/v1/hook-sources/${HANDLE}`,
    ])
      expect([path, await status(running, path)]).toEqual([path, "ForbiddenException"]);
  });
});

describe("a rule that the local WAF cannot enforce", () => {
  const compile = async (rule: Record<string, unknown>) =>
    compileWebAcl(new Stack(template(await withRule(rule)), { region: "eu-west-1", name: "edge-dev" }));
  const bytes = {
    SearchString: "x",
    PositionalConstraint: "CONTAINS",
    FieldToMatch: { UriPath: {} },
    TextTransformations: [{ Priority: 0, Type: "NONE" }],
  };

  it.each([
    ["a statement", { Statement: { SqliMatchStatement: {} } }, "SqliMatchStatement"],
    ["an empty statement", { Statement: {} }, "an empty statement"],
    [
      "a statement within one",
      { Statement: { NotStatement: { Statement: { XssMatchStatement: {} } } } },
      "XssMatch",
    ],
    [
      "a managed group within another statement",
      { Statement: { NotStatement: { Statement: { ManagedRuleGroupStatement: {} } } } },
      "ManagedRuleGroupStatement",
    ],
    [
      "a component",
      { Statement: { ByteMatchStatement: { ...bytes, FieldToMatch: { Cookies: {} } } } },
      "Cookies",
    ],
    [
      "a transformation",
      {
        Statement: {
          ByteMatchStatement: { ...bytes, TextTransformations: [{ Priority: 0, Type: "JS_DECODE" }] },
        },
      },
      "JS_DECODE",
    ],
    [
      "a positional constraint",
      { Statement: { ByteMatchStatement: { ...bytes, PositionalConstraint: "CONTAINS_WORD" } } },
      "CONTAINS_WORD",
    ],
    ["an action", { Action: { Captcha: {} }, Statement: { ByteMatchStatement: bytes } }, "Captcha"],
    [
      "a response of one's own",
      {
        Action: { Block: { CustomResponse: { ResponseCode: 418 } } },
        Statement: { ByteMatchStatement: bytes },
      },
      "CustomResponse",
    ],
    [
      "an aggregation",
      { Statement: { RateBasedStatement: { Limit: 10, AggregateKeyType: "FORWARDED_IP" } } },
      "FORWARDED_IP",
    ],
    [
      "a custom key",
      {
        Statement: {
          RateBasedStatement: {
            Limit: 10,
            AggregateKeyType: "CUSTOM_KEYS",
            CustomKeys: [{ JA3Fingerprint: {} }],
          },
        },
      },
      "JA3Fingerprint",
    ],
  ])("because of %s stops the start, and says which", async (_what, rule, named) => {
    await expect(compile(rule)).rejects.toThrow(named);
    await expect(compile(rule)).rejects.toThrow("the rule own of the web ACL");
  });

  it("is named when only AWS can judge by it", async () => {
    const stack = new Stack(template(await webAclTemplate({ deniedCountries: ["KP"] })), {
      region: "eu-west-1",
      name: "edge-dev",
    });
    expect(compileWebAcl(stack)?.notImitated).toEqual([
      "denied-countries (GeoMatchStatement)",
      "ip-reputation (ManagedRuleGroupStatement)",
      "known-bad-inputs (ManagedRuleGroupStatement)",
      "common (ManagedRuleGroupStatement)",
    ]);
  });

  it.each([
    ["Count", 200],
    ["Block", 403],
  ])("by %s answers %i, and a counted match lets later rules judge", async (action, status) => {
    const running = await behind(
      await withRule({ Action: { [action]: {} }, Statement: { ByteMatchStatement: bytes } }),
    );
    expect((await fetch(`${running.url}/v1/open?x`)).status).toBe(200);
    expect((await fetch(`${running.url}/v1/files/x`)).status).toBe(status);
    expect((await fetch(`${running.url}/v1/files/x`, agent("sqlmap"))).status).toBe(403);
  });
});

describe("the template of the web ACL", () => {
  it("leaves room on every stage for the dearest plan, called from one address for five minutes", () => {
    const root = join(import.meta.dirname, "..", "..");
    const numbers = (file: string, pattern: RegExp) =>
      [...readFileSync(join(root, file), "utf8").matchAll(pattern)].map(([, number]) => Number(number));
    const dearest = Math.max(...numbers("resources/plans.yml", /RateLimit: (\d+)/g));
    const limits = numbers("serverless.yml", /requestsPer(?:Address|Key): (\d+)/g);
    expect(limits.length).toBeGreaterThanOrEqual(6);
    for (const limit of limits) expect(limit).toBeGreaterThan(dearest * 300);
  });

  it("is valid with all lists filled and with none", async () => {
    const types = await ResourceTypes.load();
    for (const parameters of [
      {},
      {
        deniedAddresses: ["192.0.2.0/24", "2001:db8::/32"],
        deniedCountries: ["KP"],
        deniedUserAgents: ["a", "b"],
      },
    ]) {
      const Resources = await webAclTemplate(parameters);
      expect(Object.keys(Resources).length).toBeGreaterThanOrEqual(4);
      expect(
        checkTemplate(template(Resources), types).filter((finding) => /WebAcl|Denied/.test(finding)),
      ).toEqual([]);
    }
  });

  it("redacts token and key from WAF's own log, and takes no samples, which show them", async () => {
    const { WebAclLog, WebAclLogGroup, WebAcl } = await webAclTemplate();
    expect(WebAclLog?.Properties?.RedactedFields).toEqual([
      ...["authorization", "x-api-key", "x-amz-security-token", "cookie"].map((Name) => ({
        SingleHeader: { Name },
      })),
      { QueryString: {} },
    ]);
    expect(WebAclLogGroup?.Properties?.LogGroupName).toMatch(/^aws-waf-logs-/);
    expect(JSON.stringify(WebAcl)).not.toContain('"SampledRequestsEnabled":true');
  });
});
