// A name of one's own for the API, where the stage has one (parameter domainName): its certificate must lie
// in the stage's region, and a hosted zone, if given, gets the record that leads there.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-regional-api-custom-domain-create.html

const { listOf } = require("./lists.cjs");

module.exports = async ({ resolveVariable }) => {
  const [domainName, certificateArn, hostedZoneId, vpcEndpointIds, stage] = await Promise.all(
    [
      "param:domainName",
      "param:certificateArn",
      "param:hostedZoneId",
      "param:vpcEndpointIds",
      "sls:stage",
    ].map((name) => resolveVariable(name)),
  );
  if (!domainName) return {};
  // A regional domain cannot be mapped to a private API; CloudFormation would say so only when it deploys.
  if (listOf(vpcEndpointIds).length > 0)
    throw new Error(`the stage "${stage}" is private (vpcEndpointIds): it takes no domainName`);
  if (!certificateArn)
    throw new Error(`the stage "${stage}" has a domainName and no certificateArn: give both or neither`);
  return {
    Resources: {
      ApiDomain: {
        Type: "AWS::ApiGateway::DomainName",
        Properties: {
          DomainName: domainName,
          RegionalCertificateArn: certificateArn,
          EndpointConfiguration: { Types: ["REGIONAL"] },
          SecurityPolicy: "TLS_1_2",
        },
      },
      ApiDomainMapping: {
        Type: "AWS::ApiGateway::BasePathMapping",
        DependsOn: "ApiStage",
        Properties: {
          DomainName: { Ref: "ApiDomain" },
          RestApiId: { Ref: "ApiGatewayRestApi" },
          Stage: stage,
        },
      },
      ...(hostedZoneId && { ApiDomainRecord: record(domainName, hostedZoneId) }),
    },
    Outputs: {
      ApiDomainUrl: { Description: "Base address of the API", Value: `https://${domainName}` },
      // What a record elsewhere has to point to.
      ApiDomainTarget: { Value: { "Fn::GetAtt": ["ApiDomain", "RegionalDomainName"] } },
    },
  };
};

function record(name, hostedZoneId) {
  return {
    Type: "AWS::Route53::RecordSet",
    Properties: {
      Name: name,
      Type: "A",
      HostedZoneId: hostedZoneId,
      AliasTarget: {
        DNSName: { "Fn::GetAtt": ["ApiDomain", "RegionalDomainName"] },
        HostedZoneId: { "Fn::GetAtt": ["ApiDomain", "RegionalHostedZoneId"] },
      },
    },
  };
}
