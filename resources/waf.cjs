// The web ACL in front of the stage: what is turned away before anyone is authorized, before a key is looked
// at, and without a trace in any usage plan. Thresholds and lists are stage parameters; a list that is empty
// leaves its rule out. `webAcl: off` leaves all of it out, since an ACL costs money at rest.

const { listOf } = require("./lists.cjs");

const visible = (name) => ({
  MetricName: name,
  CloudWatchMetricsEnabled: true,
  // A sample shows whole headers, tokens and keys among them, to whoever may open the console.
  SampledRequestsEnabled: false,
});

const AS_IT_IS = [{ Priority: 0, Type: "NONE" }];

/** A user agent that contains the text, however it is written. */
const agent = (text) => ({
  ByteMatchStatement: {
    SearchString: text.toLowerCase(),
    FieldToMatch: { SingleHeader: { Name: "user-agent" } },
    PositionalConstraint: "CONTAINS",
    TextTransformations: [{ Priority: 0, Type: "LOWERCASE" }],
  },
});

/** An OrStatement takes no less than two. */
const anyOf = (statements) =>
  statements.length === 1 ? statements[0] : { OrStatement: { Statements: statements } };

const managed = (Name, counted = [], ScopeDownStatement = undefined) => ({
  ManagedRuleGroupStatement: {
    VendorName: "AWS",
    Name,
    // An empty list is refused when the web ACL is made (github.com/globaldatanet/aws-firewall-factory/pull/53).
    ...(counted.length > 0 && {
      RuleActionOverrides: counted.map((rule) => ({ Name: rule, ActionToUse: { Count: {} } })),
    }),
    ...(ScopeDownStatement && { ScopeDownStatement }),
  },
});

/**
 * All but third parties' messages (POST /v1/hooks/{source}/{tenantHandle}, behind a stage or base paths). They are
 * larger than 16 KB more often than not, and hold what people write, such as code; nothing here interprets them.
 */
const NO_MESSAGE = {
  NotStatement: {
    Statement: {
      RegexMatchStatement: {
        RegexString: "^(/[a-zA-Z0-9_-]+)*/v1/hooks/[a-z][a-z0-9-]*/[a-zA-Z0-9_-]{32}$",
        FieldToMatch: { UriPath: {} },
        TextTransformations: AS_IT_IS,
      },
    },
  },
};

/** Surely unwanted callers first, then floods, then what needs a look at the contents. */
function statements({ deniedAddresses, deniedCountries, deniedUserAgents, ...limits }) {
  return [
    [
      "denied-addresses",
      deniedAddresses.v4 && { IPSetReferenceStatement: { Arn: arnOf("DeniedAddresses") } },
    ],
    [
      "denied-addresses-v6",
      deniedAddresses.v6 && { IPSetReferenceStatement: { Arn: arnOf("DeniedAddressesV6") } },
    ],
    [
      "denied-countries",
      deniedCountries.length > 0 && { GeoMatchStatement: { CountryCodes: deniedCountries } },
    ],
    ["denied-user-agents", deniedUserAgents.length > 0 && anyOf(deniedUserAgents.map(agent))],
    [
      "rate-of-an-address",
      { RateBasedStatement: { Limit: limits.perAddress, EvaluationWindowSec: 300, AggregateKeyType: "IP" } },
    ],
    [
      "rate-of-a-key",
      {
        RateBasedStatement: {
          Limit: limits.perKey,
          EvaluationWindowSec: 300,
          AggregateKeyType: "CUSTOM_KEYS",
          CustomKeys: [{ Header: { Name: "x-api-key", TextTransformations: AS_IT_IS } }],
        },
      },
    ],
    [
      "large-bodies",
      {
        AndStatement: {
          Statements: [
            NO_MESSAGE,
            {
              SizeConstraintStatement: {
                FieldToMatch: { Body: { OversizeHandling: "MATCH" } },
                ComparisonOperator: "GT",
                Size: limits.largestBody,
                TextTransformations: AS_IT_IS,
              },
            },
          ],
        },
      },
    ],
    ["ip-reputation", managed("AWSManagedRulesAmazonIpReputationList")],
    ["known-bad-inputs", managed("AWSManagedRulesKnownBadInputsRuleSet")],
    // Machines need not name themselves, and the size of bodies has a rule of its own.
    [
      "common",
      managed("AWSManagedRulesCommonRuleSet", ["NoUserAgent_HEADER", "SizeRestrictions_BODY"], NO_MESSAGE),
    ],
  ].filter(([, statement]) => statement);
}

const arnOf = (logicalId) => ({ "Fn::GetAtt": [logicalId, "Arn"] });

const rule = ([Name, Statement], Priority) => ({
  Name,
  Priority,
  Statement,
  // A managed group says itself what it blocks.
  ...("ManagedRuleGroupStatement" in Statement
    ? { OverrideAction: { None: {} } }
    : { Action: { Block: {} } }),
  VisibilityConfig: visible(Name),
});

const ipSet = (IPAddressVersion, Addresses) => ({
  Type: "AWS::WAFv2::IPSet",
  Properties: { Scope: "REGIONAL", IPAddressVersion, Addresses },
});

function resources({ stage, retention, ...settings }) {
  const { v4, v6 } = settings.deniedAddresses;
  return {
    ...(v4 && { DeniedAddresses: ipSet("IPV4", v4) }),
    ...(v6 && { DeniedAddressesV6: ipSet("IPV6", v6) }),
    WebAcl: {
      Type: "AWS::WAFv2::WebACL",
      Properties: {
        Name: `gatehouse-${stage}`,
        Scope: "REGIONAL",
        DefaultAction: { Allow: {} },
        Rules: statements(settings).map(rule),
        VisibilityConfig: visible(`gatehouse-${stage}`),
      },
    },
    WebAclAssociation: {
      Type: "AWS::WAFv2::WebACLAssociation",
      Properties: {
        WebACLArn: arnOf("WebAcl"),
        ResourceArn: {
          "Fn::Sub":
            "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${ApiGatewayRestApi}/stages/${ApiStage}",
        },
      },
    },
    WebAclLogGroup: {
      Type: "AWS::Logs::LogGroup",
      // WAF takes no other beginning of the name.
      Properties: { LogGroupName: `aws-waf-logs-gatehouse-${stage}`, RetentionInDays: retention },
    },
    WebAclLog: {
      Type: "AWS::WAFv2::LoggingConfiguration",
      Properties: {
        ResourceArn: arnOf("WebAcl"),
        // Without the `:*` that the log group's own attribute ends with.
        LogDestinationConfigs: [
          {
            "Fn::Sub":
              "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${WebAclLogGroup}",
          },
        ],
        RedactedFields: [
          ...["authorization", "x-api-key", "x-amz-security-token", "cookie"].map((Name) => ({
            SingleHeader: { Name },
          })),
          // A presigned request is good for whoever reads it.
          { QueryString: {} },
        ],
        // What was let through is in the access log.
        LoggingFilter: {
          DefaultBehavior: "DROP",
          Filters: [
            {
              Behavior: "KEEP",
              Requirement: "MEETS_ANY",
              Conditions: ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"].map((Action) => ({
                ActionCondition: { Action },
              })),
            },
          ],
        },
      },
    },
  };
}

/** IP sets hold addresses of one version. */
function byVersion(ranges) {
  const v4 = ranges.filter((range) => !range.includes(":"));
  const v6 = ranges.filter((range) => range.includes(":"));
  return { ...(v4.length > 0 && { v4 }), ...(v6.length > 0 && { v6 }) };
}

module.exports = async ({ resolveVariable }) => {
  const parameter = (name) => resolveVariable(`param:${name}`);
  if ((await parameter("webAcl")) === "off") return { Resources: {} };
  return {
    Resources: resources({
      stage: await resolveVariable("sls:stage"),
      retention: await parameter("logRetentionDays"),
      deniedAddresses: byVersion(listOf(await parameter("deniedAddresses"))),
      deniedCountries: listOf(await parameter("deniedCountries")),
      deniedUserAgents: listOf(await parameter("deniedUserAgents")),
      perAddress: Number(await parameter("requestsPerAddress")),
      perKey: Number(await parameter("requestsPerKey")),
      largestBody: Number(await parameter("largestBody")),
    }),
  };
};
