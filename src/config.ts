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
  /** Where events wait that were written with the change they tell of. */
  outboxTable: () => required("OUTBOX_TABLE"),
  /** Id of the KMS key that seals third parties' secrets. */
  hookSecretsKey: () => required("HOOK_SECRETS_KEY"),
  /** The bus on which events go to their consumers. */
  messageBus: () => required("MESSAGE_BUS"),
  /** ARN of the key with which the producer signs its events. */
  signingKey: () => required("SIGNING_KEY"),
  /** Whose signatures are believed: `gatehouse.airline=<key ARN>,… gatehouse.hooks=<key ARN>`. */
  trustedSigners: () => required("TRUSTED_SIGNERS"),
  /** With which keys a producer encrypts: `audit=<key ARN> webhooks=<key ARN>`. */
  consumerKeys: () => required("CONSUMER_KEYS"),
  /** ARN of the key by which data is encrypted for the consumer that asks. */
  decryptionKey: () => required("DECRYPTION_KEY"),
  /** Where a consumer puts the events that it does not believe, and a relay those that it can never send. */
  eventDeadLettersUrl: () => required("EVENT_DEAD_LETTERS_URL"),
  /** Rate and burst of every plan where no usage plan holds them: `trial=1/2 standard=50/100 …`. */
  httpApiLimits: () => required("HTTP_API_LIMITS"),
  /** The role that reaches only the partitions of the tenant in its session tag. */
  tenantRoleArn: () => required("TENANT_ROLE_ARN"),
  /** ARNs of the IAM principals that may use the internal API. */
  internalCallers: () => required("INTERNAL_CALLERS").split(","),
  /** `arn:aws:execute-api:<region>:<account>:<API id>/<stage>` of the API that people's policies speak of. */
  apiStageArn: () => required("API_STAGE_ARN"),
  /** ARN of the key that seals webhooks' signing secrets. */
  webhookSecretsKey: () => required("WEBHOOK_SECRETS_KEY"),
  /** Where deliveries to tenants' endpoints wait. */
  webhookDeliveriesUrl: () => required("WEBHOOK_DELIVERIES_URL"),
  /** Where deliveries go that were given up. */
  webhookGivenUpUrl: () => required("WEBHOOK_GIVEN_UP_URL"),
  /** Whether webhooks may be sent to this machine's loopback: only where everything runs on one machine. */
  webhookLoopback: () => (required("WEBHOOK_LOOPBACK") === "on" ? "on" : "off"),
  /** Name of the stage, which the names of its usage plans begin with. */
  stage: () => required("STAGE"),
  /** Whether each tenant has a usage plan of its own, or the tiers' plans serve everyone. */
  usagePlanMode: () => (required("USAGE_PLANS") === "perTier" ? "perTier" : "perTenant"),
};
