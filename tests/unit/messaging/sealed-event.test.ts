import { beforeAll, describe, expect, it } from "@jest/globals";
import { DataKeyCache } from "../../../src/domain/messaging/data-key-cache.ts";
import { domainEvent } from "../../../src/domain/messaging/domain-event.ts";
import { verifySignature } from "../../../src/domain/messaging/event-signature.ts";
import { openEvent } from "../../../src/domain/messaging/open-event.ts";
import { readSealedEvent } from "../../../src/domain/messaging/read-sealed-event.ts";
import { sealEvent } from "../../../src/domain/messaging/seal-event.ts";
import { newTenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { eventKeysInMemory } from "../../support/event-keys.ts";

let world: Awaited<ReturnType<typeof eventKeysInMemory>>;
beforeAll(async () => {
  world = await eventKeysInMemory();
});

describe("a sealed event", () => {
  it("is opened by each consumer of its audience, after its signature was verified", async () => {
    const event = domainEvent("flight.deleted", newTenantId(), {
      flightId: "flt_01J00000000000000000000000",
    });
    const sealed = await sealEvent(event, {
      signer: world.signers["gatehouse.airline"],
      keys: new DataKeyCache(world.keys),
    });
    const read = readSealedEvent(JSON.parse(JSON.stringify(sealed)));
    await verifySignature(read, world.trusted, world.publicKeys);
    for (const consumer of ["audit", "webhooks"] as const)
      expect(await openEvent(read, world.recipient(consumer))).toEqual(event);
  });
});
