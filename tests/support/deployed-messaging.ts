import { KMSClient } from "@aws-sdk/client-kms";
import type { LocalAws } from "../../scripts/local-aws/local-aws.ts";
import { KmsKeyWrapper } from "../../src/aws/kms/kms-key-wrapper.ts";
import { KmsSigner } from "../../src/aws/kms/kms-signer.ts";
import { DataKeyCache } from "../../src/domain/messaging/data-key-cache.ts";
import type { Producer } from "../../src/domain/messaging/event-type.ts";
import { readConsumerKeys } from "../../src/domain/messaging/key-lists.ts";
import type { KeyScope, KeyWrapper } from "../../src/domain/messaging/key-ports.ts";
import { sealEvent } from "../../src/domain/messaging/seal-event.ts";
import type { Forge } from "./event-cases.ts";
import { signerInMemory } from "./event-keys.ts";
import { compiledStack } from "./template.ts";

/** The function that sends a producer's events. */
export const RELAY: Readonly<Record<Producer, string>> = {
  "gatehouse.airline": "RelayEventsLambdaFunction",
  "gatehouse.hooks": "RelayHooksLambdaFunction",
};
/** The function of the consumer audit. */
export const CONSUMER = "KeepAuditTrailLambdaFunction";

export function environmentOf(functionLogicalId: string): Readonly<Record<string, string>> {
  const { Environment } = compiledStack().resource(functionLogicalId).properties;
  return (Environment as { Variables: Record<string, string> } | undefined)?.Variables ?? {};
}

/** Producers and consumers with the roles, keys and bus that are deployed, on a local AWS. */
export function deployedMessaging(aws: LocalAws) {
  /** Where an SDK client calls, as a function or as the account. */
  const as = (functionLogicalId: string | undefined) => ({
    region: "us-east-1",
    endpoint: aws.endpoint,
    maxAttempts: 1,
    credentials:
      functionLogicalId === undefined
        ? { accessKeyId: "AKIALOCALADMIN", secretAccessKey: "secret" }
        : aws.identities.forFunction(functionLogicalId),
  });

  const signerOf = (producer: Producer, functionLogicalId = RELAY[producer]) =>
    new KmsSigner(new KMSClient(as(functionLogicalId)), environmentOf(RELAY[producer]).SIGNING_KEY ?? "");
  const wrapperOf = (producer: Producer, functionLogicalId = RELAY[producer]) => {
    const keys = readConsumerKeys(environmentOf(RELAY[producer]).CONSUMER_KEYS ?? "");
    return new KmsKeyWrapper(new KMSClient(as(functionLogicalId)), keys);
  };
  const typesProducer = ({ type }: Pick<KeyScope, "type">): Producer =>
    type === "hook.received" ? "gatehouse.hooks" : "gatehouse.airline";

  /** The producers as they are deployed, and those who are none. */
  const forge = async (): Promise<Forge> => {
    const [airline, hooks] = [wrapperOf("gatehouse.airline"), wrapperOf("gatehouse.hooks")];
    const wrapper: KeyWrapper = {
      wrapNew: (scope, consumers) =>
        (typesProducer(scope) === "gatehouse.hooks" ? hooks : airline).wrapNew(scope, consumers),
    };
    const content = new DataKeyCache(wrapper);
    const signers = {
      "gatehouse.airline": signerOf("gatehouse.airline"),
      "gatehouse.hooks": signerOf("gatehouse.hooks"),
    };
    return {
      signers,
      stranger: await signerInMemory("arn:aws:kms:us-east-1:000000000000:key/stranger"),
      impostor: await signerInMemory(signers["gatehouse.airline"].keyId),
      now: Date.now,
      wrapNew: wrapper.wrapNew,
      seal: (event, { signer = signers[event.source], at = Date.now(), keys = content } = {}) =>
        sealEvent(event, { signer, keys, now: at }),
    };
  };
  return { as, forge, signerOf, wrapperOf };
}
