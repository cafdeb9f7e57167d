import { describe, expect, it } from "@jest/globals";
import { checkTemplate } from "../../scripts/template/check-template.ts";
import { ResourceTypes } from "../../scripts/template/resource-types.ts";

const types = await ResourceTypes.load();

/** @param description of each of them */
function topics(count: number, description = "topic") {
  const topic = { Type: "AWS::SNS::Topic", Properties: { DisplayName: description } };
  return { Resources: Object.fromEntries(Array.from({ length: count }, (_, at) => [`Topic${at}`, topic])) };
}

/** A template of exactly so many bytes, as it is uploaded. */
function ofBytes(bytes: number) {
  const empty = Buffer.byteLength(JSON.stringify(topics(1, "")));
  return topics(1, "x".repeat(bytes - empty));
}

describe("a template that CloudFormation would not take for its size", () => {
  it("is one of more than 500 resources", () => {
    expect(checkTemplate(topics(501), types)).toEqual(["501 resources: a template may have 500"]);
    expect(checkTemplate(topics(500), types)).toEqual([]);
  });

  it("is one of more than 1 MB", () => {
    expect(checkTemplate(ofBytes(1_000_001), types)).toEqual(["1000001 bytes: a template may have 1000000"]);
    expect(checkTemplate(ofBytes(1_000_000), types)).toEqual([]);
  });

  it("has its bytes counted, and not its characters", () => {
    expect(checkTemplate(topics(1, "é".repeat(600_000)), types)).toEqual([
      expect.stringMatching(/^12\d{5} bytes: /),
    ]);
  });
});
