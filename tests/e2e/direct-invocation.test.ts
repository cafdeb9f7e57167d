import { beforeAll, describe, expect, it } from "@jest/globals";
import { invoke } from "../support/invoke.ts";
import type { Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { routesUnder } from "../support/template.ts";

let machine: Machine & { readonly tenant: { readonly tenantId: string } };

beforeAll(async () => {
  machine = await newMachine("premium");
});

/** Claims as the gateway would pass them on, had it seen a token. */
const forged = () => ({
  gatehouse_tenant: machine.tenant.tenantId,
  gatehouse_plan: "standard",
  client_id: "forged",
  token_use: "access",
  scope:
    "airline/flights.read airline/flights.write airline/loyalty.read airline/loyalty.write airline/tenant.read",
});

describe("every function of the tenant API, called past the gateway", () => {
  it("with forged claims and the tenant's real key answers 401", async () => {
    for (const route of routesUnder("v1")) {
      const request = {
        method: route.method,
        resource: route.path,
        claims: forged(),
        apiKey: machine.apiKey,
      };
      const answer = await invoke(route.function, { ...request, headers: { "x-api-key": machine.apiKey } });
      expect([route.function, answer.statusCode]).toEqual([route.function, 401]);
      expect(JSON.parse(answer.body).message).toBe("Unauthorized");
    }
  });

  it("with a good token and another tenant's key answers 403", async () => {
    const other = await newMachine("standard", ["flights.read"]);
    for (const route of routesUnder("v1")) {
      const headers = { Authorization: `Bearer ${machine.token}`, "x-api-key": other.apiKey };
      const answer = await invoke(route.function, { method: route.method, resource: route.path, headers });
      expect([route.function, answer.statusCode]).toEqual([route.function, 403]);
    }
  });

  it("with a good token, its key and a path for something else still acts for the token's tenant alone", async () => {
    const answer = await invoke("GetTenantLambdaFunction", {
      resource: "/v1/tenant",
      headers: machine.authorization,
      claims: { ...forged(), gatehouse_tenant: "ten_01JD0000000000000000000000" },
    });
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body).tenantId).toBe(machine.tenant.tenantId);
  });
});
