// Least privilege, a pair of roles for each function:
// - the execution role writes the function's log and does what is not a tenant's (`own`);
// - the tenant role is assumed by it with the tenant as a session tag, and reaches only that tenant's
//   partitions (`tenant`).

const DATA_TABLE = { "Fn::GetAtt": ["DataTable", "Arn"] };
const DATA_INDEX = { "Fn::Sub": "${DataTable.Arn}/index/byTime" };
const OUTBOX_TABLE = { "Fn::GetAtt": ["OutboxTable", "Arn"] };
const CONTROL_TABLE = { "Fn::GetAtt": ["ControlTable", "Arn"] };

// `${!…}` is CloudFormation's way to leave `${…}` to IAM; the framework takes neither for a variable of its own.
const OWN_DATA = { "Fn::Sub": "${!aws:PrincipalTag/TenantId}#*" };
const OWN_RECORD = { "Fn::Sub": "${!aws:PrincipalTag/TenantId}" };

const onData = (...actions) => ({ actions, resource: DATA_TABLE, leadingKeys: OWN_DATA });
const onDataIndex = (...actions) => ({ actions, resource: DATA_INDEX, leadingKeys: OWN_DATA });
/** Tells of a change, in the change's own transaction: written by whoever makes it, who may not read the table. */
const TELL = { actions: ["dynamodb:PutItem"], resource: OUTBOX_TABLE, leadingKeys: OWN_DATA };
const OWN_USAGE = { "Fn::Sub": "usage#${!aws:PrincipalTag/TenantId}" };
const onOwnUsage = (...actions) => ({ actions, resource: CONTROL_TABLE, leadingKeys: OWN_USAGE });
const onOwnRecord = (...actions) => ({ actions, resource: CONTROL_TABLE, leadingKeys: OWN_RECORD });

const onUserPool = (...actions) => ({
  Effect: "Allow",
  Action: actions.map((action) => `cognito-idp:${action}`),
  Resource: { "Fn::GetAtt": ["UserPool", "Arn"] },
});

/** X-Ray's own calls take no resource. */
const WRITE_TRACES = {
  Effect: "Allow",
  Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
  Resource: "*",
};

const LEADING_KEYS = "ForAllValues:StringLike";

/** Items of the ControlTable by the beginnings of their partition keys. */
const onControl = (prefixes, ...actions) => ({
  Effect: "Allow",
  Action: actions,
  Resource: CONTROL_TABLE,
  Condition: {
    [LEADING_KEYS]: { "dynamodb:LeadingKeys": prefixes },
    Null: { "dynamodb:LeadingKeys": "false" },
  },
});
/** Lists of the ControlTable's index: tenants, audit records of a tenant. */
const onControlList = (...kinds) => ({
  ...onControl(kinds, "dynamodb:Query"),
  Resource: { "Fn::Sub": "${ControlTable.Arn}/index/byKind" },
});

/** Tells of changes of tenants themselves, in the transaction that makes them; no session of a tenant may. */
const TELL_OF_TENANTS = { ...onControl(["tenancy#*"], "dynamodb:PutItem"), Resource: OUTBOX_TABLE };

/** Groups' policies: items whose partition key is `policy#<group>`. */
const onPolicies = (...actions) => onControl(["policy#*"], ...actions);
const onListOfPolicies = onControlList("policy");
/**
 * Appends to the audit log. PutItem would replace an item of the same key: that none is replaced is the condition of
 * the write (`attribute_not_exists`), which IAM cannot ask for. Nothing is updated, and nothing deleted.
 */
const WRITE_AUDIT = onControl(["audit#*"], "dynamodb:PutItem");
/** What events told of lies in partitions of tenants; what operators did, in those of months, is not to be added to. */
const WRITE_EVENTS_TO_AUDIT = onControl(["audit#ten_*"], "dynamodb:PutItem");
/** Which tokens are void: read by every function that takes a tenant's token. */
const READ_CUT_OFFS = onControl(["cutoffs"], "dynamodb:Query");
const WRITE_CUT_OFFS = onControl(["cutoffs"], "dynamodb:PutItem");
const onGateway = (action, ...paths) => ({
  Effect: "Allow",
  Action: `apigateway:${action}`,
  Resource: paths.map((path) => ({
    "Fn::Sub": `arn:\${AWS::Partition}:apigateway:\${AWS::Region}::${path}`,
  })),
});
/** A group of the provider's own making may use the admin API as far as its policy goes. */
const READ_OWN_POLICIES = onPolicies("dynamodb:BatchGetItem");
/** What is left of tenants' lives to finish: the keys of their data, and nothing else of it. */
const SETTLE_TENANTS = [
  onControlList("due"),
  onControl(
    ["ten_*"],
    ...["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"].map(
      (action) => `dynamodb:${action}`,
    ),
  ),
  onControl(["client#*"], "dynamodb:DeleteItem"),
  WRITE_AUDIT,
  WRITE_CUT_OFFS,
  TELL_OF_TENANTS,
  {
    Effect: "Allow",
    Action: "dynamodb:Scan",
    Resource: DATA_TABLE,
    Condition: {
      "ForAllValues:StringEquals": { "dynamodb:Attributes": ["pk", "sk"] },
      StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
    },
  },
  {
    Effect: "Allow",
    Action: "dynamodb:BatchWriteItem",
    Resource: DATA_TABLE,
    // A key alone: that is a deletion.
    Condition: { "ForAllValues:StringEquals": { "dynamodb:Attributes": ["pk", "sk"] } },
  },
  onGateway("GET", "/apikeys", "/usageplans", "/usageplans/*"),
  onGateway("PATCH", "/apikeys/*", "/usageplans/*"),
  onGateway("DELETE", "/apikeys/*", "/usageplans/*"),
  onUserPool(
    "ListUserPoolClients",
    "DeleteUserPoolClient",
    "ListUserPoolClientSecrets",
    "DeleteUserPoolClientSecret",
  ),
  // To change a tenant's terms; plans are made, and keys moved, where the tiers' plans serve everyone.
  onGateway("POST", "/usageplans", "/usageplans/*/keys"),
  onUserPool("DescribeUserPoolClient", "UpdateUserPoolClient"),
];
/** The secrets of tenants' clients, and API keys: what there are, a second one, and one less. */
const MANAGE_CREDENTIALS = [
  READ_OWN_POLICIES,
  onControl(
    ["ten_*"],
    ...["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"].map(
      (action) => `dynamodb:${action}`,
    ),
  ),
  WRITE_AUDIT,
  WRITE_CUT_OFFS,
  onUserPool("ListUserPoolClientSecrets", "AddUserPoolClientSecret", "DeleteUserPoolClientSecret"),
  onGateway("GET", "/apikeys", "/apikeys/*", "/usageplans/*", "/usageplans/*/usage"),
  onGateway("POST", "/apikeys", "/usageplans/*/keys"),
  // A new key is disabled where its tenant is suspended; it begins with what the old one has left of its quota.
  onGateway("PATCH", "/apikeys/*", "/usageplans/*/keys/*/usage"),
  onGateway("DELETE", "/apikeys/*"),
];
/** The tenant's bucket of calls by the HTTP API; it lies among the tenant's data. */
const SPEND_CALLS = onData("dynamodb:UpdateItem");

/** Who may send the tenant messages: a partition of its own, so that this is all of the control table it reaches. */
const onOwnHooks = (...actions) => ({
  actions,
  resource: CONTROL_TABLE,
  leadingKeys: { "Fn::Sub": "${!aws:PrincipalTag/TenantId}#hooks" },
});

const toQueues = (...queues) => ({
  Effect: "Allow",
  Action: "sqs:SendMessage",
  Resource: queues.map((queue) => ({ "Fn::GetAtt": [queue, "Arn"] })),
});
const fromQueue = (queue) => ({
  Effect: "Allow",
  Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  Resource: { "Fn::GetAtt": [queue, "Arn"] },
});
/** Lambda itself puts there what the ledger's function failed at, in the function's name. */
const toLedgerDeadLetters = toQueues("UsageLedgerDeadLetters");
/** The events that a consumer has seen; what it may decrypt is in resources/message-policies.cjs. */
const onSeenEvents = (consumer) =>
  onControl([`seen#${consumer}#*`], "dynamodb:PutItem", "dynamodb:UpdateItem");

/**
 * From the outbox to the bus: a relay reads and deletes what is under its producer's keys, and of all else the keys
 * alone, since a Scan cannot be limited to some. What it may sign is in resources/message-policies.cjs.
 */
const relayOf = (producer, ...keys) => [
  {
    Effect: "Allow",
    Action: ["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"].map(
      (action) => `dynamodb:${action}`,
    ),
    Resource: { "Fn::GetAtt": ["OutboxTable", "StreamArn"] },
  },
  { ...onControl(keys, "dynamodb:BatchGetItem", "dynamodb:DeleteItem"), Resource: OUTBOX_TABLE },
  {
    Effect: "Allow",
    Action: "dynamodb:Scan",
    Resource: OUTBOX_TABLE,
    Condition: {
      "ForAllValues:StringEquals": { "dynamodb:Attributes": ["pk"] },
      StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
    },
  },
  {
    Effect: "Allow",
    Action: "events:PutEvents",
    Resource: { "Fn::GetAtt": ["MessageBus", "Arn"] },
    Condition: {
      "ForAllValues:StringEquals": { "events:source": [producer] },
      // ForAllValues is true of no source at all.
      Null: { "events:source": "false" },
    },
  },
  toQueues("OutboxDeadLetters"),
];

/** function → what its roles may do */
const FUNCTIONS = {
  ListFlights: { tenant: [onDataIndex("dynamodb:Query"), SPEND_CALLS] },
  CreateFlight: { tenant: [onData("dynamodb:PutItem"), TELL] },
  GetFlight: { tenant: onData("dynamodb:GetItem", "dynamodb:UpdateItem") },
  UpdateFlight: { tenant: [onData("dynamodb:GetItem", "dynamodb:PutItem"), TELL] },
  DeleteFlight: { tenant: [onData("dynamodb:DeleteItem"), TELL] },
  GetLoyaltyAccount: { tenant: onData("dynamodb:GetItem") },
  CreateLoyaltyTransaction: { tenant: [onData("dynamodb:PutItem", "dynamodb:UpdateItem"), TELL] },
  ListLoyaltyTransactions: { tenant: onData("dynamodb:Query") },
  GetTenant: { tenant: onOwnRecord("dynamodb:Query") },
  GetStatus: {},
  GetUsage: {
    tenant: [onOwnRecord("dynamodb:GetItem"), onOwnUsage("dynamodb:Query")],
    own: {
      Effect: "Allow",
      Action: "apigateway:GET",
      Resource: { "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}::/usageplans/*/usage" },
    },
  },
  ManageHookSources: {
    tenant: onOwnHooks("dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
  },
  // By itself it finds whose a message is; what it keeps of it, it keeps as that tenant.
  ReceiveHook: {
    takesToken: false,
    own: onControlList("hook#*"),
    tenant: [
      onOwnRecord("dynamodb:GetItem"),
      {
        actions: ["dynamodb:PutItem"],
        resource: DATA_TABLE,
        leadingKeys: { "Fn::Sub": "${!aws:PrincipalTag/TenantId}#hook-memory#*" },
      },
      {
        actions: ["dynamodb:PutItem"],
        resource: OUTBOX_TABLE,
        leadingKeys: { "Fn::Sub": "gatehouse.hooks#${!aws:PrincipalTag/TenantId}#*" },
      },
    ],
  },
  // Its permission to seal secrets is in the key's own policy (resources/messaging.yml).
  ManageWebhooks: {
    tenant: onData(
      ...["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"].map((name) => `dynamodb:${name}`),
    ),
    own: {
      Effect: "Allow",
      Action: "sqs:SendMessage",
      Resource: { "Fn::GetAtt": ["WebhookDeliveries", "Arn"] },
    },
  },
  ListUsers: { own: onUserPool("ListUsers", "ListUsersInGroup") },
  CreateUser: { own: [onUserPool("AdminCreateUser", "AdminAddUserToGroup"), WRITE_AUDIT] },
  GetUser: { own: onUserPool("AdminGetUser", "AdminListGroupsForUser") },
  AddUserToGroup: {
    own: [onUserPool("AdminAddUserToGroup", "AdminGetUser", "AdminListGroupsForUser"), WRITE_AUDIT],
  },
  RemoveUserFromGroup: {
    own: [
      onUserPool(
        "AdminGetUser",
        "AdminListGroupsForUser",
        "ListUsersInGroup",
        "AdminRemoveUserFromGroup",
        // Puts back the last admin, if two were removed at once.
        "AdminAddUserToGroup",
      ),
      WRITE_AUDIT,
    ],
  },
  AuthorizeAdmin: { own: onPolicies("dynamodb:BatchGetItem") },
  ManagePolicies: {
    own: [onPolicies("dynamodb:GetItem", "dynamodb:PutItem"), onListOfPolicies, WRITE_AUDIT],
  },
  UsageLedger: {
    own: [
      onControl(["booked#*"], "dynamodb:Query", "dynamodb:PutItem"),
      onControl(["usage#*", "calls#*"], "dynamodb:UpdateItem"),
      toLedgerDeadLetters,
    ],
  },
  WatchQuotas: {
    own: [
      onControlList("tenant"),
      onControl(["usage#*"], "dynamodb:Query"),
      onControl(["quota#*"], "dynamodb:Query", "dynamodb:PutItem"),
      TELL_OF_TENANTS,
      onGateway("GET", "/usageplans"),
    ],
  },
  CompareUsage: {
    own: [
      onControlList("tenant"),
      onControl(["usage#*"], "dynamodb:Query"),
      onGateway("GET", "/usageplans/*/usage"),
    ],
  },
  GetInternalLoyaltyAccount: { takesToken: false, tenant: onData("dynamodb:GetItem") },
  GetInternalTenant: { takesToken: false, tenant: onOwnRecord("dynamodb:Query") },
  ManageTenants: {
    own: [
      READ_OWN_POLICIES,
      onControlList("tenant"),
      onControl(["ten_*", "slug#*", "client#*"], "dynamodb:GetItem", "dynamodb:PutItem"),
      onControl(["ten_*"], "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
      WRITE_AUDIT,
      WRITE_CUT_OFFS,
      TELL_OF_TENANTS,
      // What a crashed onboarding made with a secret is found by its name and deleted.
      onUserPool("CreateUserPoolClient", "ListUserPoolClients", "DeleteUserPoolClient"),
      onGateway("POST", "/apikeys", "/usageplans", "/usageplans/*/keys"),
      onGateway("GET", "/apikeys", "/usageplans", "/usageplans/*"),
      onGateway("PATCH", "/apikeys/*"),
      onGateway("DELETE", "/apikeys/*"),
      // Two runs that meet may each make a plan; the one that is not used is taken back.
      onGateway("PATCH", "/usageplans/*"),
      onGateway("DELETE", "/usageplans/*"),
    ],
  },
  ChangeTenants: {
    own: [
      READ_OWN_POLICIES,
      onControl(
        ["ten_*"],
        ...["GetItem", "Query", "UpdateItem", "DeleteItem"].map((name) => `dynamodb:${name}`),
      ),
      WRITE_AUDIT,
      WRITE_CUT_OFFS,
      // What is granted beyond a quota.
      onControl(["quota#*"], "dynamodb:UpdateItem"),
      TELL_OF_TENANTS,
      onUserPool("DescribeUserPoolClient", "UpdateUserPoolClient"),
      onGateway("GET", "/apikeys", "/usageplans", "/usageplans/*"),
      onGateway("PATCH", "/usageplans/*"),
      // Plans are made, and keys moved, where the tiers' plans serve everyone.
      onGateway("POST", "/usageplans", "/usageplans/*/keys"),
      onGateway("DELETE", "/usageplans/*"),
    ],
  },
  ManageClients: {
    own: [
      READ_OWN_POLICIES,
      onControl(["ten_*"], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"),
      onControl(["ten_*"], "dynamodb:ConditionCheckItem"),
      onControl(["ten_*", "client#*"], "dynamodb:PutItem", "dynamodb:DeleteItem"),
      WRITE_AUDIT,
      WRITE_CUT_OFFS,
      onUserPool("CreateUserPoolClient", "ListUserPoolClients", "DeleteUserPoolClient"),
    ],
  },
  GetTenantUsage: {
    own: [
      READ_OWN_POLICIES,
      onControl(["ten_*"], "dynamodb:GetItem"),
      onControl(["usage#*"], "dynamodb:Query"),
      onGateway("GET", "/usageplans/*/usage"),
    ],
  },
  ReadAudit: {
    own: [READ_OWN_POLICIES, onControl(["audit#*"], "dynamodb:Query"), onControlList("audit#*")],
  },
  RelayEvents: { own: relayOf("gatehouse.airline", "ten_*", "tenancy#*") },
  RelayHooks: { own: relayOf("gatehouse.hooks", "gatehouse.hooks#*") },
  KeepAuditTrail: {
    // What Lambda gives up goes to the undelivered ones in the function's name.
    own: [onSeenEvents("audit"), WRITE_EVENTS_TO_AUDIT, toQueues("AuditDeadLetters", "AuditUndelivered")],
  },
  RouteWebhooks: {
    takesToken: false,
    // Nothing is recorded for a tenant that is being deleted.
    tenant: [onData("dynamodb:Query", "dynamodb:PutItem"), onOwnRecord("dynamodb:GetItem")],
    own: [
      onSeenEvents("webhooks"),
      toQueues("WebhookDeliveries", "WebhookEventsDeadLetters", "WebhookEventsUndelivered"),
    ],
  },
  DeliverWebhook: {
    takesToken: false,
    // A pause is told in the transaction that makes it.
    tenant: [
      onData("dynamodb:GetItem", "dynamodb:UpdateItem"),
      TELL,
      // Nothing is sent for a tenant that is suspended.
      onOwnRecord("dynamodb:GetItem"),
    ],
    own: [fromQueue("WebhookDeliveries"), toQueues("WebhookDeliveries", "WebhookGivenUp")],
  },
  PreTokenGeneration: { own: { Effect: "Allow", Action: "dynamodb:GetItem", Resource: CONTROL_TABLE } },
  ManageCredentials: { own: MANAGE_CREDENTIALS },
  SettleTenants: { own: SETTLE_TENANTS },
};

const prefixesIn = ({ Condition }) => Condition?.[LEADING_KEYS]?.["dynamodb:LeadingKeys"];

/**
 * All beginnings of keys that an action may have in a table, in one statement. A transaction may write items of
 * several kinds, and whether DynamoDB asks IAM for each item or once for all of a table is not documented: no statement
 * of one kind alone would allow what is of two.
 */
function byAction(statements) {
  const prefixes = new Map();
  for (const statement of statements.filter(prefixesIn))
    for (const action of [statement.Action].flat()) {
      const key = JSON.stringify([action, statement.Resource]);
      prefixes.set(key, [...new Set([...(prefixes.get(key) ?? []), ...prefixesIn(statement)])].sort());
    }
  const actions = Map.groupBy(prefixes, ([key, found]) => JSON.stringify([JSON.parse(key)[1], found]));
  const merged = [...actions].map(([key, entries]) => {
    const [Resource, found] = JSON.parse(key);
    return { ...onControl(found, ...entries.map(([entry]) => JSON.parse(entry)[0])), Resource };
  });
  return [...statements.filter((statement) => !prefixesIn(statement)), ...merged];
}

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
      Policies: [{ PolicyName: "own", PolicyDocument: policy(writeLog, WRITE_TRACES, ...byAction(own)) }],
    },
  };
}

function tenantRole(name, tenant) {
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
          PolicyDocument: policy(
            ...[tenant].flat().map(({ actions, resource, leadingKeys }) => ({
              Effect: "Allow",
              Action: actions,
              Resource: resource,
              Condition: {
                "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [leadingKeys] },
                // ForAllValues is true of no key at all, as in a Scan.
                Null: { "dynamodb:LeadingKeys": "false" },
              },
            })),
          ),
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
for (const [name, { tenant, own, takesToken = tenant !== undefined }] of Object.entries(FUNCTIONS)) {
  const statements = [...(takesToken ? [READ_CUT_OFFS] : []), ...[own ?? []].flat()];
  resources[`${name}Role`] = executionRole(name, statements);
  if (!tenant) continue;
  resources[`${name}TenantRole`] = tenantRole(name, tenant);
  resources[`${name}AssumeTenantRole`] = assumeTenantRole(name);
}

module.exports = { Resources: resources };
