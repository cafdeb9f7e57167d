import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { CognitoPeople } from "../../src/aws/cognito/people.ts";
import { withDeadline } from "../../src/aws/deadline.ts";
import { DynamoAuditTrail } from "../../src/aws/dynamodb/audit-trail.ts";
import { OPERATOR } from "../unit/tenancy/fakes.ts";

/** Takes every request and answers none. */
let silent: Server;
beforeAll(async () => {
  silent = createServer(() => undefined);
  await new Promise<void>((resolve) => {
    silent.listen(0, "127.0.0.1", resolve);
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "OPERATOR",
    AWS_SECRET_ACCESS_KEY: "local",
  });
});
afterAll(() => {
  silent.closeAllConnections();
  silent.close();
});

const endOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    // Node's own errors are of another realm than a test's.
    (error: { readonly name: string }) => error.name,
  );

it("what gets no answer once a person was added ends with the deadline, so that the password is handed over", async () => {
  const people = new CognitoPeople("us-east-1_pool");
  const trail = new DynamoAuditTrail(DynamoDBDocumentClient.from(new DynamoDBClient({})), "control");
  const record = {
    at: new Date().toISOString(),
    actor: OPERATOR,
    phase: "done",
    action: "person.create",
    username: "ann",
  } as const;
  const ends = await withDeadline(200, () =>
    Promise.all([endOf(people.addToGroup("ann", "viewers")), endOf(trail.append(record))]),
  );
  expect(ends).toEqual(["AbortError", "AbortError"]);
});
