// Who may call the internal API: a role for callers, and the list that its functions check.

const { listOf } = require("./lists.cjs");

const INVOKED = ["GET/internal/loyalty/*", "GET/internal/tenants/*"];

/** Whoever this account's own policies let assume the role. */
const ACCOUNT = { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" };

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable("sls:stage");
  const principals = listOf(await resolveVariable("param:internalCallerPrincipals"));
  const others = listOf(await resolveVariable("param:internalCallers"));
  const resource = (path) => ({
    "Fn::Sub": `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${ApiGatewayRestApi}/${stage}/${path}`,
  });
  const role = {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: principals.length > 0 ? principals : [ACCOUNT] },
            Action: "sts:AssumeRole",
          },
        ],
      },
      Policies: [
        {
          PolicyName: "call-internal-api",
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: "execute-api:Invoke", Resource: INVOKED.map(resource) }],
          },
        },
      ],
    },
  };
  const roleArn = { "Fn::GetAtt": ["InternalCallerRole", "Arn"] };
  return {
    template: {
      Resources: { InternalCallerRole: role },
      Outputs: {
        InternalCallerRoleArn: {
          Description: "The role that callers of the internal API assume",
          Value: roleArn,
        },
      },
    },
    allowList: { "Fn::Join": [",", [roleArn, ...others]] },
  };
};
