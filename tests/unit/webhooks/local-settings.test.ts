import { describe, expect, it } from "@jest/globals";
import RefuseLocalSettings from "../../../scripts/refuse-local-settings.ts";

const packaging = (WEBHOOK_LOOPBACK: string) =>
  new RefuseLocalSettings({
    service: {
      provider: {
        compiledCloudFormationTemplate: {
          Resources: {
            Table: { Type: "AWS::DynamoDB::Table" },
            Sender: {
              Type: "AWS::Lambda::Function",
              Properties: { Environment: { Variables: { WEBHOOK_LOOPBACK } } },
            },
          },
        },
      },
    },
  }).hooks["before:package:finalize"];

describe("a stage whose webhooks may go to the machine itself", () => {
  it("is not packaged, and so not deployed", () => {
    expect(packaging("on")).toThrow("Sender has WEBHOOK_LOOPBACK=on, which is for the local stack alone");
    expect(packaging("off")).not.toThrow();
  });
});
