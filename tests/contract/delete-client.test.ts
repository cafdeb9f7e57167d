import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readCutOffs } from "../../src/aws/dynamodb/cut-offs.ts";
import { FAULTS, Fault } from "../unit/tenancy/fault.ts";
import { requestToken, resourcesOf } from "./support/tenancy-resources.ts";
import { onboarded, operationsIn, startWithTrigger } from "./support/tenancy-runs.ts";
import type { TenancyStack } from "./support/tenancy-stack.ts";

const LIMIT_MILLISECONDS = 30_000;

let aws: TenancyStack;
beforeAll(async () => {
  aws = await startWithTrigger();
});
afterAll(() => aws.close());

/** A tenant with a second client, and that client's credentials. */
async function withReader() {
  const operations = operationsIn(aws, "perTier");
  const { tenant, credentials } = await onboarded(aws, "perTier");
  let clientSecret = "";
  const { clientId } = await operations.addClient(
    tenant,
    { label: "reader", scopes: ["flights.read"] },
    {
      handOver: (_client, handed) => {
        clientSecret = handed.clientSecret;
      },
    },
  );
  return { operations, tenant, credentials, reader: { clientId, clientSecret } };
}

it("a deleted client gets no token and has a cut-off; the tenant's other client goes on", async () => {
  const { operations, tenant, credentials, reader } = await withReader();
  const { claims } = await requestToken(aws, reader);
  await operations.deleteClient(tenant, "reader");
  expect(await requestToken(aws, reader)).toMatchObject({ status: 400, body: { error: "invalid_client" } });
  expect(await requestToken(aws, credentials)).toMatchObject({ status: 200 });
  const cutOff = (await readCutOffs(aws.settings.controlTable)).find(
    ({ subject }) => subject === `client#${reader.clientId}`,
  );
  expect(cutOff?.notBefore).toBeGreaterThan(claims.iat);
  expect(cutOff?.expiresAt).toBeGreaterThan(claims.exp);
  await expect(operations.deleteClient(tenant, "reader")).rejects.toMatchObject({ code: "not-found" });
  expect((await resourcesOf(aws, tenant)).clients).toEqual([credentials.clientId]);
});

describe.each(FAULTS)("a $kind $moment any request to AWS while deleting a client", ({ kind, moment }) => {
  it(
    "is finished by running it again",
    async () => {
      let at = 1;
      for (; ; at += 1) {
        const { operations, tenant, credentials, reader } = await withReader();
        const fault = new Fault(at, kind, moment);
        aws.inject(fault.around);
        await operations.deleteClient(tenant, reader.clientId).catch(() => undefined);
        aws.inject((call) => call());
        if (!fault.happened) break;
        await operations.deleteClient(tenant, reader.clientId).catch((error: unknown) => {
          expect(error).toMatchObject({ code: "not-found" });
        });
        expect((await resourcesOf(aws, tenant)).clients).toEqual([credentials.clientId]);
        expect((await operations.clientsOf(tenant)).map(({ label }) => label)).toEqual(["default"]);
      }
      expect(at).toBeGreaterThan(4);
    },
    LIMIT_MILLISECONDS,
  );
});
