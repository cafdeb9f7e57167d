import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import { checkTemplate } from "../../scripts/template/check-template.ts";
import { ResourceTypes } from "../../scripts/template/resource-types.ts";

interface Part {
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

const domain: (framework: { resolveVariable(name: string): Promise<string> }) => Promise<Part> =
  createRequire(import.meta.url)("../../resources/domain.cjs");

/** What the framework makes, as far as a domain refers to it. */
const API = {
  ApiGatewayRestApi: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "api" } },
  ApiStage: {
    Type: "AWS::ApiGateway::Stage",
    Properties: { RestApiId: { Ref: "ApiGatewayRestApi" }, StageName: "prod" },
  },
};

const CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/c0ffee";

function withParameters(parameters: Readonly<Record<string, string>>): Promise<Part> {
  const values: Readonly<Record<string, string>> = { "sls:stage": "prod", ...parameters };
  return domain({ resolveVariable: async (name) => values[name] ?? "" });
}

const kinds = ({ Resources = {} }: Part) => Object.values(Resources).map(({ Type }) => Type);

describe("a domain of the stage's own", () => {
  it("a stage without one has none of its resources", async () => {
    expect(await withParameters({ "param:certificateArn": CERTIFICATE })).toEqual({});
  });

  it("a name without a certificate is refused", async () => {
    await expect(withParameters({ "param:domainName": "api.example.com" })).rejects.toThrow(
      'the stage "prod" has a domainName and no certificateArn: give both or neither',
    );
  });

  it("a name for a private stage is refused", async () => {
    const parameters = {
      "param:domainName": "api.example.com",
      "param:certificateArn": CERTIFICATE,
      "param:vpcEndpointIds": "vpce-0123456789abcdef0",
    };
    await expect(withParameters(parameters)).rejects.toThrow('the stage "prod" is private');
  });

  it.each([
    ["without a zone the record is somebody else's", "", []],
    ["with a zone the record is made", "Z123", ["AWS::Route53::RecordSet"]],
  ])("%s, and the template is valid", async (_title, zone, record) => {
    const part = await withParameters({
      "param:domainName": "api.example.com",
      "param:certificateArn": CERTIFICATE,
      "param:hostedZoneId": zone,
    });
    expect(kinds(part)).toEqual([
      "AWS::ApiGateway::DomainName",
      "AWS::ApiGateway::BasePathMapping",
      ...record,
    ]);
    const template = { Resources: { ...API, ...part.Resources }, Outputs: part.Outputs ?? {} };
    expect(checkTemplate(template, await ResourceTypes.load())).toEqual([]);
  });
});
