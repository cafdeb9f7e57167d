import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { Command } from "../support/command.ts";
import { demoPlace } from "../support/demo-stack.ts";
import { httpApiEvent } from "../support/http-api-event.ts";
import { invoke, invokeWith } from "../support/invoke.ts";
import type { Machine } from "../support/machine.ts";
import { newMachine } from "../support/operator.ts";
import { httpApiRoutes, type RestRoute, tenantRoutesWithFunction } from "../support/template.ts";

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
    for (const route of tenantRoutesWithFunction()) {
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
    for (const route of tenantRoutesWithFunction()) {
      const headers = { Authorization: `Bearer ${machine.token}`, "x-api-key": other.apiKey };
      const answer = await invoke(route.function, { method: route.method, resource: route.path, headers });
      expect([route.function, answer.statusCode]).toEqual([route.function, 403]);
    }
  });

  it("as if the HTTP API had called: forged claims are 401, and only where it has a route does no key pass", async () => {
    const reached = new Map(httpApiRoutes().map((route) => [route.function, route.authorizer]));
    const headers = { authorization: `Bearer ${machine.token}` };
    for (const route of tenantRoutesWithFunction()) {
      const routeKey = `${route.method} ${route.path}`;
      const forgery = await invokeWith(route.function, httpApiEvent({ routeKey, claims: forged() }));
      expect([route.function, forgery.statusCode]).toEqual([route.function, 401]);
      const { statusCode } = await invokeWith(route.function, httpApiEvent({ routeKey, headers }));
      if (reached.has(route.function)) expect([route.function, statusCode]).not.toContain(403);
      else expect([route.function, statusCode]).toEqual([route.function, 403]);
    }
  });

  it("as if the HTTP API had called is held to the plan's rate all the same", async () => {
    const trial = await newMachine("trial");
    const event = httpApiEvent({ headers: { authorization: `Bearer ${trial.token}` } });
    const begun = performance.now();
    const calls = Array.from({ length: 20 }, () => invokeWith("ListFlightsLambdaFunction", event));
    const answers = await Promise.all(calls);
    const seconds = (performance.now() - begun) / 1000;
    const admitted = answers.filter(({ statusCode }) => statusCode === 200).length;
    expect(admitted).toBeLessThanOrEqual(2 + seconds);
    expect(answers.filter(({ statusCode }) => statusCode === 429).length).toBe(20 - admitted);
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

  it("with the token of a suspended tenant answers 401 within 30 s, in every function that has seen the token", async () => {
    const suspended = await newMachine("premium");
    const status = async (route: RestRoute) => {
      const request = { method: route.method, resource: route.path, headers: suspended.authorization };
      return (await invoke(route.function, request)).statusCode;
    };
    for (const route of tenantRoutesWithFunction())
      expect([route.function, await status(route)]).not.toContain(401);
    const begun = Date.now();
    const { code } = await Command.run(demoPlace(), "tenants.ts", "suspend", suspended.tenant.slug, "--yes");
    expect(code).toBe(0);
    const waiting = new Set(tenantRoutesWithFunction());
    while (waiting.size > 0 && Date.now() - begun < 40_000) {
      for (const route of waiting) if ((await status(route)) === 401) waiting.delete(route);
      await setTimeout(500);
    }
    process.stderr.write(`from suspend to the last function's refusal: ${Date.now() - begun} ms\n`);
    expect([...waiting].map((route) => route.function)).toEqual([]);
  }, 60_000);
});
