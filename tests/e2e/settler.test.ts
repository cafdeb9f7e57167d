import { describe, expect, it } from "@jest/globals";
import { Identities } from "../../scripts/local-aws/iam/identities.ts";
import type { RequestContext } from "../../scripts/local-aws/iam/request-context.ts";
import { systemClock } from "../../scripts/local-aws/kernel/clock.ts";
import { Store } from "../../scripts/local-aws/kernel/store.ts";
import { demo } from "../support/demo-stack.ts";
import { NEW_FLIGHT } from "../support/flight.ts";
import { Machine } from "../support/machine.ts";
import { newMachine, tenantOperations } from "../support/operator.ts";
import { beginOffboarding, untilSettled } from "../support/settler.ts";
import { compiledStack } from "../support/template.ts";

const LIMIT_MILLISECONDS = 240_000;

it("is called by a schedule, every minute", () => {
  const rules = compiledStack().resources("AWS::Events::Rule");
  const { physicalId } = compiledStack().resource("SettleTenantsLambdaFunction");
  expect(rules).toContainEqual(
    expect.objectContaining({
      properties: expect.objectContaining({
        ScheduleExpression: "rate(1 minute)",
        State: "ENABLED",
        Targets: [expect.objectContaining({ Arn: expect.stringContaining(`:function:${physicalId}`) })],
      }),
    }),
  );
});

it(
  "finishes by itself, under its own role, an offboarding that was only begun",
  async () => {
    const machine = await newMachine("premium");
    expect((await machine.call("POST", "/v1/flights", { body: NEW_FLIGHT })).status).toBe(201);
    const { slug } = machine.tenant;
    await beginOffboarding(slug);
    // Shut out by now, before anything was deleted.
    expect((await machine.call("GET", "/v1/flights")).status).toBe(403);
    await expect(Machine.signIn(demo(), machine.tenant)).rejects.toThrow("no token");
    expect(await untilSettled(slug)).toMatchObject({ status: "deleted" });
    const operations = await tenantOperations();
    const [last] = await operations.audit(await operations.find(slug), { limit: 10 });
    expect(last).toMatchObject({
      action: "tenant.offboard",
      phase: "done",
      actor: { name: "settler", id: expect.stringContaining(":assumed-role/") },
      after: { status: "deleted", data: "0", apiKeys: "0" },
    });
  },
  LIMIT_MILLISECONDS,
);

describe("the settler's role", () => {
  const role = () => {
    const stack = compiledStack();
    const identities = new Identities({ store: Store.open(":memory:"), stack, clock: systemClock });
    const { accessKeyId, sessionToken } = identities.forFunction("SettleTenantsLambdaFunction");
    const caller = identities.identify(accessKeyId, sessionToken);
    const table = String(stack.resolve({ "Fn::GetAtt": ["DataTable", "Arn"] }));
    return (action: string, context: RequestContext) =>
      identities.authorize(caller, `dynamodb:${action}`, table, context);
  };

  it("sees of tenants' data their keys and nothing else", () => {
    const authorize = role();
    const keysAlone = { "dynamodb:Attributes": ["pk", "sk"], "dynamodb:Select": "SPECIFIC_ATTRIBUTES" };
    expect(() => authorize("Scan", keysAlone)).not.toThrow();
    for (const more of [
      { "dynamodb:Attributes": ["pk", "sk", "fare"] },
      { "dynamodb:Select": "ALL_ATTRIBUTES" },
      { "dynamodb:Select": undefined },
    ])
      expect(() => authorize("Scan", { ...keysAlone, ...more })).toThrow("is not authorized");
    for (const action of ["GetItem", "Query", "BatchGetItem"])
      expect(() => authorize(action, keysAlone)).toThrow("is not authorized");
  });

  it("may delete them and cannot write any", () => {
    const authorize = role();
    expect(() => authorize("BatchWriteItem", { "dynamodb:Attributes": ["pk", "sk"] })).not.toThrow();
    const item = { "dynamodb:Attributes": ["pk", "sk", "seats"] };
    for (const action of ["BatchWriteItem", "PutItem", "UpdateItem"])
      expect(() => authorize(action, item)).toThrow("is not authorized");
  });
});
