import { describe, expect, it } from "@jest/globals";
import { Identities } from "../../scripts/local-aws/iam/identities.ts";
import type { Caller } from "../../scripts/local-aws/kernel/caller.ts";
import type { TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";
import { Store } from "../../scripts/local-aws/kernel/store.ts";
import { ACCOUNT, role, StillClock, stackOf, trusting } from "./support/tenant-stack.ts";

const account = trusting({ AWS: ACCOUNT });
const allow = (...Action: string[]) => ({ Effect: "Allow", Action, Resource: "*" });
const deny = (...Action: string[]) => ({ Effect: "Deny", Action, Resource: "*" });
const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
const READ = ["dynamodb:Query", "arn:aws:dynamodb:eu-west-1:000000000000:table/Data"] as const;

function identitiesOf(resources: Record<string, TemplateResource>, store = Store.open(":memory:")) {
  return new Identities({ store, stack: stackOf(resources), clock: new StillClock() });
}

/** A session of the role `worker` in a stack. */
function sessionIn(resources: Record<string, TemplateResource>, sessionPolicies: object[] = []) {
  const identities = identitiesOf(resources);
  const worker = identities.roles.named("worker");
  if (!worker) throw new Error("the stack has no role worker");
  const credentials = identities.issue(worker, "s1", {
    durationSeconds: 900,
    sessionPolicies: sessionPolicies.map((document) => JSON.parse(JSON.stringify(document))),
  });
  const caller = identities.identify(credentials.accessKeyId, credentials.sessionToken);
  return { identities, caller, credentials };
}

const verdict = ({ identities, caller }: { identities: Identities; caller: Caller }) => {
  try {
    identities.authorize(caller, ...READ);
    return "allowed";
  } catch (error) {
    return error instanceof Error ? error.message.slice(error.message.indexOf("Data ") + 5) : error;
  }
};

describe("authorize", () => {
  it("refuses the anonymous and lets the account do everything", () => {
    const identities = identitiesOf({});
    expect(() => identities.authorize({ kind: "anonymous" }, ...READ)).toThrow(
      "missing Authentication Token",
    );
    const caller = identities.identify("AKIAANYTHING", undefined);
    expect(caller).toEqual({ kind: "account", accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` });
    expect(verdict({ identities, caller })).toBe("allowed");
  });

  it("says in AWS's words which kind of policy refused", () => {
    const boundary = (...statements: object[]): Record<string, TemplateResource> => ({
      Worker: role("worker", [allow("dynamodb:*")], [account], { PermissionsBoundary: { Ref: "Ceiling" } }),
      Ceiling: { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument: policy(...statements) } },
    });
    const open = { Worker: role("worker", [allow("dynamodb:*")], [account]) };
    const no = (kind: string) => `because no ${kind} allows the dynamodb:Query action`;
    expect(verdict(sessionIn({ Worker: role("worker", [], [account]) }))).toBe(no("identity-based policy"));
    expect(verdict(sessionIn({ Worker: role("worker", [allow("*"), deny("dynamodb:*")], [account]) }))).toBe(
      "with an explicit deny in an identity-based policy",
    );
    expect(verdict(sessionIn(boundary(allow("s3:*"))))).toBe(no("permissions boundary"));
    expect(verdict(sessionIn(boundary(deny("*"))))).toBe("with an explicit deny in a permissions boundary");
    expect(verdict(sessionIn(boundary(allow("dynamodb:*"))))).toBe("allowed");
    expect(verdict(sessionIn(open, [policy(allow("s3:*"))]))).toBe(no("session policy"));
    expect(verdict(sessionIn(open, [policy(deny("*"))]))).toBe("with an explicit deny in a session policy");
    expect(verdict(sessionIn(open, [policy(allow("dynamodb:Query"))]))).toBe("allowed");
  });

  it("takes attached policies for the role's own, and a policy that is not in the template for none", () => {
    const attached = (Type: string, properties: object): Record<string, TemplateResource> => ({
      Worker: role("worker", [], [account]),
      More: { Type, Properties: { PolicyDocument: policy(allow("dynamodb:Query")), ...properties } },
    });
    const Roles = [{ Ref: "Worker" }];
    expect(verdict(sessionIn(attached("AWS::IAM::Policy", { PolicyName: "p", Roles })))).toBe("allowed");
    expect(verdict(sessionIn(attached("AWS::IAM::ManagedPolicy", { Roles })))).toBe("allowed");
    expect(verdict(sessionIn(attached("AWS::IAM::RolePolicy", { RoleName: { Ref: "Worker" } })))).toBe(
      "allowed",
    );
    const ManagedPolicyArns = ["arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"];
    expect(verdict(sessionIn({ Worker: role("worker", [], [account], { ManagedPolicyArns }) }))).toContain(
      "because no",
    );
  });

  it("gives a policy the caller's own values", () => {
    const own = {
      ...allow("dynamodb:Query"),
      Condition: {
        StringEquals: { "aws:PrincipalTag/Team": "blue" },
        ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/work*" },
        StringLike: { "aws:userid": "AROA*:s1" },
        DateLessThan: { "aws:CurrentTime": "2027-03-01T09:00:01Z" },
        Bool: { "aws:SecureTransport": "true" },
      },
    };
    const tagged = { Tags: [{ Key: "Team", Value: "blue" }] };
    expect(verdict(sessionIn({ Worker: role("worker", [own], [account], tagged) }))).toBe("allowed");
    expect(verdict(sessionIn({ Worker: role("worker", [own], [account]) }))).toContain("because no");
  });
});

describe("a session", () => {
  it("outlives a restart and has what the template allows its role by then", () => {
    const store = Store.open(":memory:");
    const restart = (statements: object[]) =>
      identitiesOf({ Worker: role("worker", statements, [account]) }, store);
    const first = restart([allow("dynamodb:*")]);
    const worker = first.roles.named("worker");
    if (!worker) throw new Error("the stack has no role worker");
    const { accessKeyId, sessionToken } = first.issue(worker, "s1", { durationSeconds: 900 });
    const verdictNow = (identities: Identities) =>
      verdict({ identities, caller: identities.identify(accessKeyId, sessionToken) });
    expect(verdictNow(first)).toBe("allowed");
    expect(verdictNow(restart([]))).toContain("because no identity-based policy");
    expect(verdictNow(identitiesOf({}, store))).toContain("because no identity-based policy");
    expect(verdictNow(restart([allow("dynamodb:Query")]))).toBe("allowed");
  });

  it("is never taken for the account, whatever becomes of its key", () => {
    const { identities, credentials } = sessionIn({ Worker: role("worker", [], [account]) });
    const forged = `${credentials.accessKeyId.slice(0, -1)}0`;
    expect(() => identities.identify(forged, credentials.sessionToken)).toThrow("expired");
    expect(() => identities.identify(credentials.accessKeyId, undefined)).toThrow("invalid");
  });
});
