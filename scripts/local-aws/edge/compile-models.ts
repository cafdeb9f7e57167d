import type { ValidateFunction } from "ajv";
import AjvDraft04 from "ajv-draft-04";
import type { Stack } from "../kernel/stack.ts";
import { objectOf, textOf } from "./template-reader.ts";

export type ModelsByLogicalId = ReadonlyMap<string, ValidateFunction>;

/**
 * Compiles every `AWS::ApiGateway::Model`: JSON Schema draft-04, where one model may refer to another by
 * its address. https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
 */
export function compileModels(stack: Stack, restApiId: string): ModelsByLogicalId {
  // Formats are left to the functions: which of them the gateway checks is not documented.
  const ajv = new AjvDraft04.default({ strict: false, allErrors: true, validateFormats: false });
  const models = stack.resources("AWS::ApiGateway::Model").map(({ logicalId, physicalId, properties }) => {
    const address = `https://apigateway.amazonaws.com/restapis/${restApiId}/models/${physicalId}`;
    ajv.addSchema({ ...objectOf(schemaOf(properties.Schema, logicalId), "Schema"), id: address });
    return { logicalId, address };
  });
  return new Map(
    models.map(({ logicalId, address }) => {
      const validate = ajv.getSchema(address);
      if (!validate) throw new Error(`the model ${logicalId} cannot be compiled`);
      return [logicalId, validate];
    }),
  );
}

/** CloudFormation takes a schema as an object or as its JSON text. */
function schemaOf(schema: unknown, logicalId: string): unknown {
  return typeof schema === "string" ? JSON.parse(textOf(schema, logicalId)) : schema;
}
