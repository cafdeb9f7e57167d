/**
 * The environment, read through one helper that names what is missing. Nothing else reads `process.env`.
 * Each value is a function, so that a Lambda function needs only the variables that it uses.
 */
function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`the environment variable ${name} is not set`);
  return value;
}

export const config = {
  /** Id of the user pool whose tokens are trusted, e.g. `us-east-1_Ab12Cd34E`. */
  userPoolId: () => required("ISSUER_POOL_ID"),
  /** Where the pool's public keys are read. */
  jwksUri: () => required("JWKS_URI"),
  controlTable: () => required("CONTROL_TABLE"),
  dataTable: () => required("DATA_TABLE"),
  /** The role that reaches only the partitions of the tenant in its session tag. */
  tenantRoleArn: () => required("TENANT_ROLE_ARN"),
  /** `arn:aws:execute-api:<region>:<account>:<API id>/<stage>` of the API that people's policies speak of. */
  apiStageArn: () => required("API_STAGE_ARN"),
};
