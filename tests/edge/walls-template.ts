import type { TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";
import { reports } from "./signed-call.ts";
import { method } from "./template.ts";

/** What a policy, or an authorizer, says of a call. */
export type Says = "allow" | "neither" | "deny";

const EVERYTHING = "execute-api:/dev/*";

/** A resource policy for anybody that allows, denies or does not speak of whatever is called. */
export function policyThat(says: Says): readonly object[] {
  if (says === "neither") return [statement({ Resource: "execute-api:/dev/GET/elsewhere" })];
  const allow = statement({});
  return says === "allow" ? [allow] : [allow, statement({ Effect: "Deny" })];
}

export function statement(changes: object): object {
  return { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: EVERYTHING, ...changes };
}

/** The API with a resource policy, `/v1/reports` behind IAM and `/v1/staff` behind a Lambda authorizer. */
export function walls(statements: readonly object[]): Record<string, TemplateResource> {
  return reports({
    Api: {
      Type: "AWS::ApiGateway::RestApi",
      Properties: { Name: "edge-dev", Policy: { Version: "2012-10-17", Statement: statements } },
    },
    Authorize: { Type: "AWS::Lambda::Function", Properties: { FunctionName: "authorize" } },
    People: {
      Type: "AWS::ApiGateway::Authorizer",
      Properties: {
        Type: "TOKEN",
        RestApiId: { Ref: "Api" },
        IdentitySource: "method.request.header.Authorization",
        AuthorizerUri: {
          "Fn::Sub":
            // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own.
            "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Authorize.Arn}/invocations",
        },
      },
    },
    Staff: {
      Type: "AWS::ApiGateway::Resource",
      Properties: { RestApiId: { Ref: "Api" }, ParentId: { Ref: "V1" }, PathPart: "staff" },
    },
    GetStaff: method("Staff", "GET", { AuthorizationType: "CUSTOM", AuthorizerId: { Ref: "People" } }),
  });
}

/** What the Lambda authorizer answers. */
export function authorizerThat(says: Says) {
  const Resource = says === "neither" ? "arn:aws:execute-api:*:*:*/dev/GET/elsewhere" : "*";
  const Effect = says === "deny" ? "Deny" : "Allow";
  return {
    principalId: "somebody",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect, Action: "execute-api:Invoke", Resource }],
    },
  };
}
