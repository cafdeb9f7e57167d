import { beforeAll, describe, expect, it, jest } from "@jest/globals";
import { newApiKeyValue } from "../../src/domain/tenancy/api-key-value.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { tenantEndpoint } from "../../src/http/tenant-endpoint.ts";
import { invocationContext, proxyEvent } from "../support/event.ts";
import { TokenIssuer } from "../support/token-issuer.ts";

const tenantId = newTenantId();
let headers: Record<string, string>;

beforeAll(async () => {
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
  const log = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  const endpoint = tenantEndpoint({
    scope: "flights.read",
    handle: async () => {
      throw error;
    },
  });
  const answer = await endpoint(proxyEvent({ headers }), invocationContext());
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
  log.mockRestore();
  return { status: answer.statusCode, retryAfter: answer.headers?.["retry-after"], body: answer.body, lines };
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
