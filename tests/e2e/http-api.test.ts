import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { flightPage } from "../../src/generated/flight-page.js";
import { Command } from "../support/command.ts";
import { demo, demoPlace } from "../support/demo-stack.ts";
import { signedByPool } from "../support/forged-token.ts";
import { callHttpApi, httpApiReader } from "../support/http-api.ts";
import { callsIn, ledgerTotals, untilBooked } from "../support/ledger.ts";
import type { Answer, Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { Operator } from "../support/person.ts";

type OwnMachine = Machine & {
  readonly tenant: { readonly tenantId: string; readonly slug: string; readonly clientId: string };
};

/** The only test that changes the list: a change replaces all of it. */
const httpApi = (...args: string[]) => Command.run(demoPlace(), "tenants.ts", "http-api", ...args);

let reader: Machine;
let own: OwnMachine;
let trial: OwnMachine;

beforeAll(async () => {
  [reader, own, trial] = await Promise.all([
    httpApiReader("skyways"),
    newMachine("standard"),
    newMachine("trial"),
  ]);
  expect((await httpApi("allow", trial.tenant.slug, "default")).code).toBe(0);
});
afterAll(async () => {
  for (const { tenant } of [own, trial]) await httpApi("deny", tenant.slug, tenant.clientId);
});

/** How the trial tenant's calls were answered, by either way. */
const onTrial = new Map<number, number>();

function counted(answer: Answer): Answer {
  onTrial.set(answer.status, (onTrial.get(answer.status) ?? 0) + 1);
  return answer;
}

const callOnTrial = async () => counted(await callHttpApi(trial.token, "/v1/flights?limit=1"));

/** The file is written a moment after the answer. */
const linesAfter = (before: number, count: number) =>
  untilBooked(
    async () => logLines().slice(before),
    (found) => found.length >= count,
  );

const logLines = (): Record<string, string>[] =>
  readFileSync(join(demoPlace().home, "logs", "http-api-access.log"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("the HTTP API refuses", () => {
  it("a call without a token, and says by which scheme to come", async () => {
    const { status, body, headers } = await callHttpApi(undefined, "/v1/flights");
    expect([status, body]).toEqual([401, { message: "Unauthorized" }]);
    expect(headers.get("www-authenticate")).toBe("Bearer");
  });

  it("a token of a client that is not in the list, though the REST API takes it", async () => {
    const { status, headers } = await callHttpApi(own.token, "/v1/flights");
    expect([status, headers.get("www-authenticate")]).toEqual([
      401,
      expect.stringContaining("valid audience"),
    ]);
    expect((await own.call("GET", "/v1/flights")).status).toBe(200);
  });

  it("a person's token, and one that the pool signed without the scope", async () => {
    const { tokens } = await Operator.signIn("demo-admin");
    expect((await callHttpApi(tokens.accessToken, "/v1/flights")).status).toBe(401);
    const [client] = JSON.parse((await httpApi("list", "--json")).stdout);
    const now = Math.floor(Date.now() / 1000);
    const scopeless = await signedByPool({ client_id: client, iat: now, exp: now + 60, token_use: "access" });
    const { status, body } = await callHttpApi(scopeless, "/v1/flights");
    expect([status, body]).toEqual([403, { message: "Forbidden" }]);
  });

  it("in the function a token without tenant and one that is no access token, which the gateway lets through", async () => {
    const [client] = JSON.parse((await httpApi("list", "--json")).stdout);
    const now = Math.floor(Date.now() / 1000);
    const claims = { client_id: client, iat: now, exp: now + 60, scope: "airline/flights.read" };
    for (const token_use of ["access", "id"]) {
      const { status, body } = await callHttpApi(await signedByPool({ ...claims, token_use }), "/v1/flights");
      expect([token_use, status]).toEqual([token_use, 401]);
      expect(body).toMatchObject({
        type: "urn:gatehouse:problem:unauthorized",
        requestId: expect.any(String),
      });
    }
  });

  it("what it has no route for", async () => {
    for (const path of ["/v1/tenant", "/v1/loyalty/c1", "/users", "/dev/v1/flights", "/"]) {
      const { status, body } = await callHttpApi(reader.token, path);
      expect([path, status, body]).toEqual([path, 404, { message: "Not Found" }]);
    }
    const response = await fetch(`${demo().httpApiUrl}/v1/flights`, { method: "POST", body: "{}" });
    expect(response.status).toBe(404);
  });

  it("a repeated or unknown parameter, as the REST API does", async () => {
    for (const query of ["origin=LHR&origin=JFK", "unknown=1", "limit=0"])
      expect((await callHttpApi(reader.token, `/v1/flights?${query}`)).status).toBe(400);
  });
});

describe("the HTTP API answers", () => {
  it("the same flights as the REST API, page by page, one by one, with the same entity tag", async () => {
    const path = "/v1/flights?limit=3&origin=LHR";
    const [byHttp, byRest] = [await callHttpApi(reader.token, path), await reader.call("GET", path)];
    expect([byHttp.status, byHttp.body]).toEqual([200, byRest.body]);
    if (!flightPage(byHttp.body)) throw new Error("the answer is no page of flights");
    const { items, cursor } = byHttp.body;
    const next = `${path}&cursor=${cursor}`;
    expect((await callHttpApi(reader.token, next)).body).toEqual((await reader.call("GET", next)).body);
    const one = await callHttpApi(reader.token, `/v1/flights/${items[0]?.flightId}`);
    expect(one.body).toEqual(items[0]);
    const known = { headers: { "If-None-Match": one.headers.get("etag") ?? "" } };
    expect((await callHttpApi(reader.token, `/v1/flights/${items[0]?.flightId}`, known)).status).toBe(304);
  });

  it("whether it is up to everyone, whatever they send", async () => {
    for (const token of [undefined, "garbage"]) {
      const { status, body } = await callHttpApi(token, "/v1/status");
      expect([status, body]).toEqual([200, { status: "ok" }]);
    }
  });
});

describe("a tenant's rate by the HTTP API", () => {
  it("is its plan's: trial gets two calls at once, then one a second, and is told when to come again", async () => {
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, callOnTrial));
    const seconds = (performance.now() - begun) / 1000;
    const admitted = answers.filter(({ status }) => status === 200).length;
    expect(admitted).toBeGreaterThanOrEqual(2);
    expect(admitted).toBeLessThanOrEqual(2 + seconds);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(20 - admitted);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers, body } of refused) {
      expect(headers.get("retry-after")).toBe("1");
      expect(body).toMatchObject({ message: "Too Many Requests", type: "urn:gatehouse:problem:throttled" });
      expect(body).toMatchObject({ requestId: headers.get("apigw-requestid") });
    }
  });

  it("is a bucket of its own: the REST API's is not spent by it", async () => {
    await Promise.all(Array.from({ length: 4 }, () => callOnTrial()));
    expect(counted(await trial.call("GET", "/v1/flights?limit=1")).status).toBe(200);
  });
});

describe("the ledger", () => {
  it("has each call by the HTTP API once, what was refused for its rate apart", async () => {
    const { tenantId } = trial.tenant;
    await Promise.all(Array.from({ length: 6 }, () => callOnTrial()));
    const calls = [...onTrial.values()].reduce((sum, count) => sum + count, 0);
    const totals = await untilBooked(
      () => ledgerTotals(tenantId),
      (found) => callsIn(found) >= calls,
    );
    expect(callsIn(totals)).toBe(calls);
    expect([totals["2xx"], totals["429"]]).toEqual([onTrial.get(200), onTrial.get(429)]);
    expect(onTrial.get(429)).toBeGreaterThan(0);
  });
});

describe("operators let a client in by the HTTP API", () => {
  it("and out again, from its next call on, with a record of both", async () => {
    const { slug, clientId } = own.tenant;
    const allowed = await httpApi("allow", slug, "default");
    expect([allowed.code, allowed.stderr]).toEqual([0, expect.stringContaining(clientId)]);
    expect((await callHttpApi(own.token, "/v1/flights?limit=1")).status).toBe(200);
    expect(JSON.parse((await httpApi("list", "--json")).stdout)).toContain(clientId);
    expect((await httpApi("allow", slug, clientId)).stderr).toContain("already");
    expect((await httpApi("deny", slug, clientId)).code).toBe(0);
    expect((await callHttpApi(own.token, "/v1/flights?limit=1")).status).toBe(401);
    const { stdout } = await Command.run(demoPlace(), "tenants.ts", "audit", "--tenant", slug, "--json");
    for (const action of ["client.allowHttpApi", "client.denyHttpApi"]) expect(stdout).toContain(action);
  });

  it("and take the place of one that was deleted since, which no record names any more", async () => {
    const { slug } = own.tenant;
    const tenants = (...args: string[]) => Command.run(demoPlace(), "tenants.ts", ...args);
    const { stdout: added } = await tenants("add-client", slug, "--label", "passing", "--json");
    const { clientId } = JSON.parse(added);
    const orphans = async () => JSON.parse((await httpApi("list", "--orphans", "--json")).stdout);
    expect((await httpApi("allow", slug, "passing")).code).toBe(0);
    expect(await orphans()).toEqual([]);
    expect((await tenants("delete-client", slug, "passing", "--yes")).code).toBe(0);
    expect(await orphans()).toEqual([clientId]);
    expect((await httpApi("list")).stdout).toContain(`${clientId}  belongs to no client\n`);

    const denied = await httpApi("deny", "--client-id", clientId);
    expect([denied.code, denied.stderr]).toEqual([0, expect.stringContaining("its place is free")]);
    expect((await httpApi("list")).stdout).not.toContain(clientId);
    expect((await httpApi("deny", "--client-id", clientId)).stderr).toContain("was not in the list");
    const records = JSON.parse((await tenants("audit", "--json")).stdout);
    for (const phase of ["begun", "done"])
      expect(records).toContainEqual(
        expect.objectContaining({ action: "httpApi.removeClient", clientId, phase }),
      );
    expect((await tenants("audit")).stdout).toContain(clientId);
  });

  it("and a living one by its id alone, in its tenant's name", async () => {
    const { slug, clientId } = own.tenant;
    expect((await httpApi("allow", slug, "default")).code).toBe(0);
    expect((await httpApi("deny", "--client-id", clientId)).stderr).toContain(
      `of "${slug}" may call by the REST API alone`,
    );
    expect((await httpApi("list")).stdout).not.toContain(clientId);
  });

  it("but not one that the tenant does not have", async () => {
    const { code, stderr } = await httpApi("allow", own.tenant.slug, demo().tenants[0]?.clientId ?? "");
    expect([code, stderr]).toEqual([1, expect.stringContaining("has no client")]);
  });
});

describe("its access log", () => {
  it("names the tenant and the route of what was let in, the refusal of what was not, and no token", async () => {
    const before = logLines().length;
    await callHttpApi(reader.token, "/v1/flights?limit=1");
    await callHttpApi("garbage", "/v1/flights");
    const tenantId = demo().tenants.find(({ slug }) => slug === "skyways")?.tenantId;
    const lines = await linesAfter(before, 2);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          tenantId,
          route: "GET /v1/flights",
          status: "200",
          apiKeyId: "-",
          method: "GET",
        }),
        expect.objectContaining({ tenantId: "-", status: "401", responseType: "UNAUTHORIZED" }),
      ]),
    );
    expect(JSON.stringify(lines)).not.toContain(reader.token);
  });
});
