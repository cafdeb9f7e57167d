// Least privilege, a pair of roles for each function:
// - the execution role writes the function's log and does what is not a tenant's (`own`);
// - the tenant role is assumed by it with the tenant as a session tag, and reaches only that tenant's
//   partitions (`tenant`).

const DATA_TABLE = { "Fn::GetAtt": ["DataTable", "Arn"] };
const DATA_INDEX = { "Fn::Sub": "${DataTable.Arn}/index/byTime" };
const CONTROL_TABLE = { "Fn::GetAtt": ["ControlTable", "Arn"] };

// `${!…}` is CloudFormation's way to leave `${…}` to IAM; the framework takes neither for a variable of its own.
const OWN_DATA = { "Fn::Sub": "${!aws:PrincipalTag/TenantId}#*" };
const OWN_RECORD = { "Fn::Sub": "${!aws:PrincipalTag/TenantId}" };

const onData = (...actions) => ({ actions, resource: DATA_TABLE, leadingKeys: OWN_DATA });
const onDataIndex = (...actions) => ({ actions, resource: DATA_INDEX, leadingKeys: OWN_DATA });
const onOwnRecord = (...actions) => ({ actions, resource: CONTROL_TABLE, leadingKeys: OWN_RECORD });

const onUserPool = (...actions) => ({
  Effect: "Allow",
  Action: actions.map((action) => `cognito-idp:${action}`),
  Resource: { "Fn::GetAtt": ["UserPool", "Arn"] },
});

/** Groups' policies: items whose partition key is `policy#<group>`. */
const onPolicies = (...actions) => ({
  Effect: "Allow",
  Action: actions,
  Resource: CONTROL_TABLE,
  Condition: {
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["policy#*"] },
    Null: { "dynamodb:LeadingKeys": "false" },
  },
});
const onListOfPolicies = {
  Effect: "Allow",
  Action: "dynamodb:Query",
  Resource: { "Fn::Sub": "${ControlTable.Arn}/index/byKind" },
  Condition: {
    "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["policy"] },
    Null: { "dynamodb:LeadingKeys": "false" },
  },
};

/** Which tokens are void: read by every function that takes a tenant's token. */
const READ_CUT_OFFS = {
  Effect: "Allow",
  Action: "dynamodb:Query",
  Resource: CONTROL_TABLE,
  Condition: {
    "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["cutoffs"] },
    Null: { "dynamodb:LeadingKeys": "false" },
  },
};

/** function → what its roles may do */
const FUNCTIONS = {
  ListFlights: { tenant: onDataIndex("dynamodb:Query") },
  CreateFlight: { tenant: onData("dynamodb:PutItem") },
  GetFlight: { tenant: onData("dynamodb:GetItem") },
  UpdateFlight: { tenant: onData("dynamodb:UpdateItem") },
  DeleteFlight: { tenant: onData("dynamodb:DeleteItem") },
  GetLoyaltyAccount: { tenant: onData("dynamodb:GetItem") },
  CreateLoyaltyTransaction: { tenant: onData("dynamodb:PutItem", "dynamodb:UpdateItem") },
  ListLoyaltyTransactions: { tenant: onData("dynamodb:Query") },
  GetTenant: { tenant: onOwnRecord("dynamodb:Query") },
  GetUsage: {
    tenant: onOwnRecord("dynamodb:GetItem"),
    own: {
      Effect: "Allow",
      Action: "apigateway:GET",
      Resource: { "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}::/usageplans/*/usage" },
    },
  },
  ListUsers: { own: onUserPool("ListUsers", "ListUsersInGroup") },
  CreateUser: { own: onUserPool("AdminCreateUser", "AdminAddUserToGroup") },
  GetUser: { own: onUserPool("AdminGetUser", "AdminListGroupsForUser") },
  AddUserToGroup: { own: onUserPool("AdminAddUserToGroup", "AdminGetUser", "AdminListGroupsForUser") },
  RemoveUserFromGroup: {
    own: onUserPool(
      "AdminGetUser",
      "AdminListGroupsForUser",
      "ListUsersInGroup",
      "AdminRemoveUserFromGroup",
      // Puts back the last admin, if two were removed at once.
      "AdminAddUserToGroup",
    ),
  },
  AuthorizeAdmin: { own: onPolicies("dynamodb:BatchGetItem") },
  ManagePolicies: { own: [onPolicies("dynamodb:GetItem", "dynamodb:PutItem"), onListOfPolicies] },
  PreTokenGeneration: { own: { Effect: "Allow", Action: "dynamodb:GetItem", Resource: CONTROL_TABLE } },
};

const policy = (...Statement) => ({ Version: "2012-10-17", Statement });

function executionRole(name, own) {
  const writeLog = {
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: { "Fn::GetAtt": [`${name}LogGroup`, "Arn"] },
  };
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: policy({
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: "sts:AssumeRole",
      }),
      Policies: [{ PolicyName: "own", PolicyDocument: policy(writeLog, ...own) }],
    },
  };
}

function tenantRole(name, { actions, resource, leadingKeys }) {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: policy({
        Effect: "Allow",
        Principal: { AWS: { "Fn::GetAtt": [`${name}Role`, "Arn"] } },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        // Without a tenant there is no session: its tag would be empty, and so would be the prefix.
        Condition: { StringLike: { "aws:RequestTag/TenantId": "ten_??????????????????????????" } },
      }),
      Policies: [
        {
          PolicyName: "tenant",
          PolicyDocument: policy({
            Effect: "Allow",
            Action: actions,
            Resource: resource,
            Condition: {
              "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [leadingKeys] },
              // ForAllValues is true of no key at all, as in a Scan.
              Null: { "dynamodb:LeadingKeys": "false" },
            },
          }),
        },
      ],
    },
  };
}

/** A policy of its own and not inline: the two roles name each other, and a template must not be circular. */
function assumeTenantRole(name) {
  return {
    Type: "AWS::IAM::Policy",
    Properties: {
      PolicyName: "assume-tenant-role",
      Roles: [{ Ref: `${name}Role` }],
      PolicyDocument: policy({
        Effect: "Allow",
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Resource: { "Fn::GetAtt": [`${name}TenantRole`, "Arn"] },
      }),
    },
  };
}

const resources = {};
for (const [name, { tenant, own }] of Object.entries(FUNCTIONS)) {
  const statements = [...(tenant ? [READ_CUT_OFFS] : []), ...[own ?? []].flat()];
  resources[`${name}Role`] = executionRole(name, statements);
  if (!tenant) continue;
  resources[`${name}TenantRole`] = tenantRole(name, tenant);
  resources[`${name}AssumeTenantRole`] = assumeTenantRole(name);
}

module.exports = { Resources: resources };
