import { evaluate } from "../iam/evaluate.ts";
import { ResourcePolicy } from "../iam/resource-policy.ts";
import { parsePolicyDocument } from "../iam/roles.ts";
import type { PolicyStatement } from "../kernel/caller.ts";
import type { Stack, StackResource } from "../kernel/stack.ts";

const SHORT_FORM = /^execute-api:\//;

/**
 * The policy of a REST API; undefined where it has none (`""`). Throws for one that is none.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
 */
export function compileResourcePolicy(stack: Stack, restApi: StackResource): ResourcePolicy | undefined {
  const { Policy } = restApi.properties;
  if (Policy === undefined || Policy === "") return undefined;
  const document = parsePolicyDocument(typeof Policy === "string" ? JSON.parse(Policy) : Policy);
  const api = `arn:aws:execute-api:${stack.region}:${stack.accountId}:${restApi.physicalId}/`;
  const Statement = document.Statement.map((statement) => withFullArns(statement, api));
  const policy = { ...document, Statement };
  // A policy that cannot be evaluated would be found out by the first call only.
  evaluate([policy], { action: "", resource: "", context: {} });
  return new ResourcePolicy(policy);
}

/** "execute-api:/stage/METHOD/path" is short for the API's own ARN; API Gateway expands it. */
function withFullArns(statement: PolicyStatement, api: string): PolicyStatement {
  const { Resource } = statement;
  if (Resource === undefined) return statement;
  return { ...statement, Resource: [Resource].flat().map((resource) => resource.replace(SHORT_FORM, api)) };
}
