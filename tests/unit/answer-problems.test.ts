import { beforeAll, describe, expect, it, jest } from "@jest/globals";
import { Refusal } from "../../src/domain/refusal.ts";
import { newApiKeyValue } from "../../src/domain/tenancy/api-key-value.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { tenantEndpoint } from "../../src/http/tenant-endpoint.ts";
import { invocationContext, proxyEvent } from "../support/event.ts";
import { TokenIssuer } from "../support/token-issuer.ts";

const tenantId = newTenantId();
let headers: Record<string, string>;

beforeAll(async () => {
  delete process.env.POWERTOOLS_METRICS_DISABLED;
  delete process.env.POWERTOOLS_LOG_LEVEL;
  const issuer = await TokenIssuer.start();
  Object.assign(process.env, issuer.environment);
  const token = await issuer.sign({ gatehouse_tenant: tenantId, gatehouse_plan: "standard" });
  headers = { Authorization: `Bearer ${token}`, "x-api-key": newApiKeyValue(tenantId) };
  const warm = tenantEndpoint({ scope: "flights.read", handle: async () => ({ statusCode: 200, body: "" }) });
  await warm(proxyEvent({ headers }), invocationContext());
  await issuer.stop();
});

const named = (name: string, members: object = {}) =>
  Object.assign(new Error("secret detail"), { name, ...members });

async function answerTo(error: Error) {
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, "write").mockReturnValue(true),
  );
  const endpoint = tenantEndpoint({
    scope: "flights.read",
    handle: async () => {
      throw error;
    },
  });
  const answer = await endpoint(proxyEvent({ headers }), invocationContext());
  const written = streams.flatMap((stream) => stream.mock.calls.map(([line]) => JSON.parse(String(line))));
  for (const stream of streams) stream.mockRestore();
  const [lines, metrics] = [written.filter(({ level }) => level), written.filter(({ _aws }) => _aws)];
  return {
    status: answer.statusCode,
    retryAfter: answer.headers?.["retry-after"],
    body: answer.body,
    lines,
    metrics,
  };
}

describe("what AWS cannot do right now is answered 503 with Retry-After, and logged under the request's id", () => {
  it.each([
    ["throttled reads and writes", named("ProvisionedThroughputExceededException")],
    ["a throttled control plane", named("TooManyRequestsException")],
    [
      "a transaction cancelled for its rate",
      named("TransactionCanceledException", {
        CancellationReasons: [{ Code: "None" }, { Code: "ThrottlingError" }],
      }),
    ],
    ["a call that took too long", named("TimeoutError")],
    ["a request that takes longer than a function may", named("AbortError")],
  ])("%s", async (_name, error) => {
    const { status, retryAfter, body, lines } = await answerTo(error);
    expect([status, retryAfter]).toEqual([503, "1"]);
    expect(body).not.toContain("secret detail");
    expect(lines).toEqual([
      expect.objectContaining({
        level: "ERROR",
        status: 503,
        tenantId,
        requestId: JSON.parse(body).requestId,
      }),
    ]);
  });
});

describe("what nobody foresaw is answered 500", () => {
  it("and the log alone says what it was", async () => {
    const { status, body, lines } = await answerTo(new Error("secret detail"));
    expect([status, body.includes("secret detail")]).toEqual([500, false]);
    expect(lines[0].error.message).toBe("secret detail");
  });
});

describe("what is counted", () => {
  it("a failure counts for the service and for its plan and route; the tenant is a field and no dimension", async () => {
    const { metrics } = await answerTo(new Error("secret detail"));
    expect(metrics).toEqual([
      expect.objectContaining({ Failed: 1, plan: "standard", route: "GET /v1/flights", tenantId }),
    ]);
    const [{ _aws }] = metrics;
    expect(_aws.CloudWatchMetrics).toEqual([
      {
        Namespace: "Gatehouse",
        Dimensions: [["service"], ["service", "plan", "route"]],
        Metrics: [{ Name: "Failed", Unit: "Count" }],
      },
    ]);
    expect(JSON.stringify(metrics)).not.toContain("secret detail");
  });

  it("a key of another tenant counts as such, and a route that an event makes up is no dimension", async () => {
    const written = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    const endpoint = tenantEndpoint({
      scope: "flights.read",
      handle: async () => ({ statusCode: 200, body: "" }),
    });
    const foreign = { ...headers, "x-api-key": newApiKeyValue(newTenantId()) };
    await endpoint(proxyEvent({ headers: foreign, resource: '/v1/"made up"' }), invocationContext());
    const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)));
    written.mockRestore();
    expect(lines).toEqual([expect.objectContaining({ KeyMismatch: 1, plan: "standard", route: "unknown" })]);
  });

  it("what a caller got wrong by itself counts nowhere: the access log has it", async () => {
    expect((await answerTo(new Refusal("not-found", "There is no such flight."))).metrics).toEqual([]);
  });
});
