import { describe, expect, it } from "@jest/globals";
import { startEdge } from "./edge-under-test.ts";
import { method } from "./template.ts";

describe("a template that asks for what the edge cannot do", () => {
  it.each([
    ["a type of authorization nobody checks", method("V1", "GET", { AuthorizationType: "JWT" }), "JWT"],
    ["an integration of another type", method("V1", "GET", {}, { Type: "HTTP" }), "HTTP"],
    ["a mapping template with logic", method("V1", "GET", {}, mockWithLogic()), "mapping template"],
  ])("is refused at the start: %s", async (_what, definition, message) => {
    await expect(startEdge({ Extra: definition })).rejects.toThrow(message);
  });

  it("is refused for a model of another draft than 04", async () => {
    const Schema = { $schema: "http://json-schema.org/draft-07/schema#", type: "object" };
    const model = { Type: "AWS::ApiGateway::Model", Properties: { Schema } };
    await expect(startEdge({ Extra: model })).rejects.toThrow("draft-07");
  });
});

function mockWithLogic(): Record<string, unknown> {
  return {
    Type: "MOCK",
    RequestTemplates: { "application/json": "{statusCode:200}" },
    IntegrationResponses: [{ StatusCode: "200", ResponseTemplates: { "application/json": "#set($a = 1)" } }],
  };
}
