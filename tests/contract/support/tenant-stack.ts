import { Identities } from "../../../scripts/local-aws/iam/identities.ts";
import { verifiedCaller } from "../../../scripts/local-aws/iam/verified-caller.ts";
import type { Clock } from "../../../scripts/local-aws/kernel/clock.ts";
import { serve } from "../../../scripts/local-aws/kernel/server.ts";
import type { Service } from "../../../scripts/local-aws/kernel/service.ts";
import { Stack, type Template, type TemplateResource } from "../../../scripts/local-aws/kernel/stack.ts";
import { Store } from "../../../scripts/local-aws/kernel/store.ts";
import { Sts } from "../../../scripts/local-aws/sts/sts.ts";

export const REGION = "eu-west-1";
export const ACCOUNT = "000000000000";
export const ROOT_CREDENTIALS = { accessKeyId: "AKIALOCALADMIN", secretAccessKey: "secret" };

export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

/** A role as a template writes it. */
export function role(
  name: string,
  statements: readonly object[],
  trust: readonly object[],
  properties: object = {},
): TemplateResource {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: trust },
      Policies: [{ PolicyName: "inline", PolicyDocument: { Version: "2012-10-17", Statement: statements } }],
      ...properties,
    },
  };
}

export const trusting = (principal: unknown, more: object = {}) => ({
  Effect: "Allow",
  Principal: principal,
  Action: ["sts:AssumeRole", "sts:TagSession"],
  ...more,
});

export function stackOf(resources: Template["Resources"]): Stack {
  return new Stack({ Resources: resources }, { region: REGION, name: "gatehouse-test" });
}

/** A clock that stands still until it is told to move on. */
export class StillClock implements Clock {
  #now = Date.parse("2027-03-01T09:00:00Z");

  now(): number {
    return this.#now;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  set(epochMilliseconds: number): void {
    this.#now = epochMilliseconds;
  }
}

/** STS and further services on a port of their own. */
export async function serveWithSts(
  stack: Stack,
  clock: Clock,
  more: (identities: Identities) => readonly Service[] = () => [],
) {
  const store = Store.open(":memory:");
  const identities = new Identities({ store, stack, clock });
  const failures: unknown[] = [];
  const server = await serve([...more(identities), new Sts({ identities })], {
    port: 0,
    identify: verifiedCaller(identities),
    onError: (error) => failures.push(error),
  });
  return { ...server, identities, failures };
}
