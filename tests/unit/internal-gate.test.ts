import { beforeAll, describe, expect, it } from "@jest/globals";
import { internalEndpoint } from "../../src/http/internal-endpoint.ts";
import { ok } from "../../src/http/responses.ts";
import { invocationContext, proxyEvent } from "../support/event.ts";

const TENANT = "ten_01JD0000000000000000000000";
const ROLE = "arn:aws:iam::123456789012:role/internal-caller";
const RESOURCE = "/internal/loyalty/{tenantId}/{customerId}";

beforeAll(() => {
  process.env.INTERNAL_CALLERS = ROLE;
});

const endpoint = internalEndpoint({ handle: async () => ok({}) });

async function call(path: string, pathParameters = { tenantId: TENANT, customerId: "GH-1" }) {
  const userArn = "arn:aws:sts::123456789012:assumed-role/internal-caller/s1";
  const event = proxyEvent({ resource: RESOURCE, path, pathParameters, userArn });
  const { statusCode, body } = await endpoint(event, invocationContext());
  const { requestId: _, ...answer } = JSON.parse(body);
  return { statusCode, answer };
}

describe("an endpoint for other AWS services", () => {
  it.each([
    ["a letter", `/%69nternal/loyalty/${TENANT}/GH-1`],
    ["a letter of a parameter", `/internal/loyalty/%74${TENANT.slice(1)}/GH-1`],
    ["punctuation", `/internal/loyalty/${TENANT}/GH%2D1`],
    ["a trailing slash", `/internal/loyalty/${TENANT}/GH-1/`],
  ])(
    "answers a path in another spelling, be it %s, as of a tenant that is not there",
    async (_what, path) => {
      const nobody = await call("/internal/loyalty/nobody/GH-1", { tenantId: "nobody", customerId: "GH-1" });
      expect(await call(path)).toEqual(nobody);
      expect(nobody.statusCode).toBe(404);
    },
  );

  it.each(["", "/base"])("lets a path through that is written plainly, behind %j", async (base) => {
    expect(await call(`${base}/internal/loyalty/${TENANT}/GH-1`)).toEqual({ statusCode: 200, answer: {} });
  });
});
