// Who may do what with events: the policies of the keys and of the bus in resources/messaging.yml.
//
// A function that sends or receives events is let in here, by the logical id of its role, and needs no statement about
// keys in resources/roles.cjs: to be named in a key's policy is enough, and nobody else can use the key, whatever their
// own policies say. A relay's role only needs `events:PutEvents` on the bus there.
// - a relay, which signs and encrypts: add it to `relays` of its producer;
// - a consumer, which reads public keys and decrypts: add it to `readers` of its consumer;
// - a new consumer: add it to CONSUMERS, to `audience` of each producer that it reads, as AUDIENCE
//   (src/domain/messaging/audience.ts) has it, and its key to `policiesOf`;
// - who signs webhooks: add it to OPENERS.
// The account as such (`root`) administers the keys and uses none of them. Who administers a key can give it away, in
// a policy that shows; CreateGrant, which shows nowhere, is left out.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html

const PRODUCERS = {
  "gatehouse.airline": {
    relays: ["RelayEventsRole"],
    sid: "EncryptOfAirline",
    // All types but the other's: it must not pass off as its own what a third party reported.
    types: { StringNotEquals: { "kms:EncryptionContext:type": ["hook.received"] } },
    audience: ["audit", "webhooks"],
  },
  "gatehouse.hooks": {
    relays: ["RelayHooksRole"],
    sid: "EncryptOfHooks",
    types: { StringEquals: { "kms:EncryptionContext:type": ["hook.received"] } },
    audience: ["audit"],
  },
};

const CONSUMERS = {
  audit: { readers: ["KeepAuditTrailRole"] },
  webhooks: { readers: ["RouteWebhooksRole"] },
};

const ADMINISTRATION = [
  "kms:CancelKeyDeletion",
  "kms:CreateAlias",
  "kms:DeleteAlias",
  "kms:DescribeKey",
  "kms:DisableKey",
  "kms:DisableKeyRotation",
  "kms:EnableKey",
  "kms:EnableKeyRotation",
  "kms:GetKeyPolicy",
  "kms:GetKeyRotationStatus",
  "kms:ListGrants",
  "kms:ListKeyPolicies",
  "kms:ListKeyRotations",
  "kms:ListResourceTags",
  "kms:PutKeyPolicy",
  "kms:RetireGrant",
  "kms:RevokeGrant",
  "kms:RotateKeyOnDemand",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateAlias",
  "kms:UpdateKeyDescription",
];

const arnOf = (role) => ({ "Fn::GetAtt": [role, "Arn"] });

/** Nothing at all for nobody: a statement must have a principal. */
const allow = (roles, Action, more = {}) =>
  roles.length === 0
    ? []
    : [{ Effect: "Allow", Principal: { AWS: roles.map(arnOf) }, Action, Resource: "*", ...more }];

const keyPolicy = (...statements) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "Administration",
      Effect: "Allow",
      Principal: { AWS: { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } },
      Action: ADMINISTRATION,
      Resource: "*",
    },
    ...statements,
  ],
});

/** The producer signs; every consumer reads the public key, since it can only tell whose a signature is by it. */
function signingKey({ relays }, consumers) {
  return keyPolicy(
    ...allow(relays, "kms:Sign", {
      Sid: "Sign",
      Condition: {
        StringEquals: { "kms:SigningAlgorithm": "ECDSA_SHA_256", "kms:MessageType": "DIGEST" },
      },
    }),
    ...allow(
      Object.values(consumers).flatMap(({ readers }) => readers),
      "kms:GetPublicKey",
      { Sid: "Verify" },
    ),
  );
}

/** Exactly {tenant, type, consumer}, and of no other consumer. */
const boundTo = (consumer) => ({
  StringEquals: { "kms:EncryptionContext:consumer": [consumer] },
  "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["tenant", "type", "consumer"] },
  Null: { "kms:EncryptionContext:tenant": "false", "kms:EncryptionContext:type": "false" },
});

/** Producers encrypt what the consumer may read, each only its own types; the consumer decrypts. */
function encryptionKey(consumer, { readers }, producers) {
  const writers = Object.values(producers).filter(({ audience }) => audience.includes(consumer));
  return keyPolicy(
    ...writers.flatMap(({ relays, types, sid }) =>
      allow(relays, ["kms:GenerateDataKey", "kms:Encrypt"], {
        Sid: sid,
        Condition: merge(boundTo(consumer), types),
      }),
    ),
    ...allow(readers, "kms:Decrypt", { Sid: "Decrypt", Condition: boundTo(consumer) }),
  );
}

/**
 * Secrets of third parties that send messages: who configures a source seals and cannot open, who receives opens and
 * cannot seal, and both only as the secret of one tenant's source: exactly {tenant, source}.
 */
const ofOneSource = {
  Condition: {
    "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["tenant", "source"] },
    Null: { "kms:EncryptionContext:tenant": "false", "kms:EncryptionContext:source": "false" },
  },
};
const hookSecrets = keyPolicy(
  ...allow(["ManageHookSourcesRole"], "kms:Encrypt", { Sid: "Seal", ...ofOneSource }),
  ...allow(["ReceiveHookRole"], "kms:Decrypt", { Sid: "Open", ...ofOneSource }),
);

/** Secrets of webhooks are sealed by who takes them in and opened by who signs with them, each for one endpoint of one tenant. */
const SEALERS = ["ManageWebhooksRole"];
const OPENERS = ["DeliverWebhookRole"];
const boundToEndpoint = {
  "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["tenant", "webhookId"] },
  Null: { "kms:EncryptionContext:tenant": "false", "kms:EncryptionContext:webhookId": "false" },
};

const merge = (one, other) =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((operator) => [
      operator,
      { ...one[operator], ...other[operator] },
    ]),
  );

const denyPutEvents = (Condition) => ({
  Effect: "Deny",
  Principal: "*",
  Action: "events:PutEvents",
  Resource: { "Fn::GetAtt": ["MessageBus", "Arn"] },
  Condition,
});

/**
 * Nobody but its relays puts a producer's events on the bus, whatever their own policies allow. AWS's own policies for
 * PutEvents take `events:source` for a key of several values; ForAnyValue is right for one as well. Without a value it
 * denies nothing, and EventBridge takes no event without a source.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-example-policy-cross-account-custom-bus-source.html
 */
function ownRelaysAlone(producer, { relays }) {
  return denyPutEvents({
    "ForAnyValue:StringEquals": { "events:source": [producer] },
    ...(relays.length > 0 && { ArnNotEquals: { "aws:PrincipalArn": relays.map(arnOf) } }),
  });
}

/** All policies, of whoever the roles are. */
const policiesOf = (producers, consumers) => ({
  airlineSigning: signingKey(producers["gatehouse.airline"], consumers),
  hooksSigning: signingKey(producers["gatehouse.hooks"], consumers),
  auditEncryption: encryptionKey("audit", consumers.audit, producers),
  webhooksEncryption: encryptionKey("webhooks", consumers.webhooks, producers),
  airlineAlone: ownRelaysAlone("gatehouse.airline", producers["gatehouse.airline"]),
  hooksAlone: ownRelaysAlone("gatehouse.hooks", producers["gatehouse.hooks"]),
  producersAlone: denyPutEvents({
    "ForAnyValue:StringNotEquals": { "events:source": Object.keys(producers) },
  }),
});

const webhookSecrets = keyPolicy(
  ...allow(SEALERS, "kms:Encrypt", { Sid: "Seal", Condition: boundToEndpoint }),
  ...allow(OPENERS, "kms:Decrypt", { Sid: "Open", Condition: boundToEndpoint }),
);

module.exports = {
  ...policiesOf(PRODUCERS, CONSUMERS),
  webhookSecrets,
  hookSecrets,
  policiesOf,
  PRODUCERS,
  CONSUMERS,
};
