import { Auditor } from "../../audit.ts";
import { cutOffNow, cutOffOfClient } from "../cut-off.ts";
import { type AppClientRecord, resourceName, type TenantRecord } from "../tenant.ts";
import { type Check, type Hands, isSettled, isYoung } from "./difference.ts";

export const unrecordedAppClients: Check = ({ clients, labels, appClients }, { now }) =>
  appClients
    .filter(({ clientId, createdAt }) => !isYoung(createdAt, now) && !clients.some(hasId(clientId)))
    // One whose making was left is found by its label.
    .filter(({ name }) => !labels.some(({ label, clientId }) => !clientId && name.endsWith(`.${label}`)))
    .map(({ clientId, name }) => ({
      kind: "app-client-unrecorded",
      thing: clientId,
      detail: `The app client ${clientId} (${name}) is nobody's: no record names it, and it gets no token.`,
      mend: { says: "delete it", run: ({ appClients: pool }) => pool.delete(clientId) },
    }));

export const missingAppClients: Check = ({ tenant, clients, appClients }, { now }) =>
  clients
    .filter(({ clientId, createdAt }) => !isYoung(createdAt, now) && !appClients.some(hasId(clientId)))
    .map((client) => ({
      kind: "app-client-missing",
      thing: client.clientId,
      detail: `The client "${client.label}" is recorded, but the user pool has no ${client.clientId}.`,
      ...(tenant && {
        mend: {
          says: "remove its record, so that the label is free",
          run: async (hands: Hands) => {
            if (!(await hands.repairs.hasAppClient(client.clientId))) await forget(hands, tenant, client);
          },
        },
      }),
    }));

/** The trigger no longer finds it, which is how a deletion begins; or its tenant is deleted. */
export const hiddenClients: Check = ({ tenant, clients, lookups, appClients }, { now }) =>
  clients
    .filter(({ createdAt }) => !isYoung(createdAt, now))
    .filter(({ clientId }) => !isSettled(tenant) || !lookups.includes(clientId))
    .filter(({ clientId }) => appClients.some(hasId(clientId)))
    .map((client) => ({
      kind: "client-deletion-unfinished",
      thing: client.clientId,
      detail: `The deletion of the client "${client.label}" was begun; it gets no token, but is still there.`,
      ...(tenant && {
        mend: {
          says: "finish the deletion",
          run: async (hands: Hands) => {
            await hands.appClients.delete(client.clientId);
            await hands.renew();
            await forget(hands, tenant, client);
          },
        },
      }),
    }));

export const otherScopes: Check = ({ tenant, clients, appClients }) =>
  isSettled(tenant)
    ? clients.flatMap(({ clientId, label, scopes }) => {
        const found = appClients.find(hasId(clientId));
        if (!found || sameSet(found.scopes, scopes)) return [];
        return {
          kind: "app-client-scopes",
          thing: clientId,
          detail: `The client "${label}" may get the scopes ${list(found.scopes)}; its record says ${list(scopes)}.`,
          mend: {
            says: "give it the recorded scopes",
            run: ({ appClients: pool, renew }) => pool.setScopes(clientId, scopes, renew),
          },
        };
      })
    : [];

export const danglingLookups: Check = ({ tenantId, clients, lookups }) =>
  lookups
    .filter((clientId) => !clients.some(hasId(clientId)))
    .map((clientId) => ({
      kind: "client-lookup-dangling",
      thing: clientId,
      detail: `The trigger finds the client ${clientId} as one of ${tenantId}, which has no such client.`,
      mend: {
        says: "delete the look-up",
        run: ({ repairs }) => repairs.deleteLookup(clientId, tenantId),
      },
    }));

export const leftLabels: Check = ({ tenantId, labels }, { now }) =>
  labels
    .filter(({ clientId, leaseUntil = 0 }) => clientId === undefined && !isYoung(leaseUntil, now))
    .map(({ label }) => ({
      kind: "client-unfinished",
      thing: label,
      detail: `The making of the client "${label}" was begun and left.`,
      mend: {
        says: "delete what was made, and set the label free",
        run: async ({ appClients, repairs, renew }) => {
          for (const clientId of await appClients.find(resourceName(tenantId, label))) {
            await renew();
            await appClients.delete(clientId);
          }
          await repairs.deleteLabel(tenantId, label, undefined);
        },
      },
    }));

export const danglingLabels: Check = ({ tenantId, clients, labels }) =>
  labels.flatMap(({ label, clientId }) =>
    clientId === undefined || clients.some(hasId(clientId))
      ? []
      : {
          kind: "client-label-dangling",
          thing: label,
          detail: `The label "${label}" is taken by the client ${clientId}, which there is not.`,
          mend: {
            says: "set the label free",
            run: ({ repairs }) => repairs.deleteLabel(tenantId, label, clientId),
          },
        },
  );

export const missingLabels: Check = ({ tenantId, clients, labels }) =>
  clients
    .filter(({ label }) => !labels.some((found) => found.label === label))
    .map((client) => ({
      kind: "client-label-missing",
      thing: client.label,
      detail: `The label "${client.label}" of the client ${client.clientId} is not reserved.`,
      mend: { says: "reserve it", run: ({ repairs }) => repairs.putLabel(tenantId, client) },
    }));

async function forget(
  { clientRecords, repairs, actor, clock }: Hands,
  tenant: TenantRecord,
  client: AppClientRecord,
): Promise<void> {
  const { clientId, label, scopes } = client;
  const { tenantId } = tenant;
  const audit = new Auditor(actor, clock, "client.delete", tenant);
  const cutOff = cutOffNow(cutOffOfClient(clientId), clock.now());
  await repairs.deleteLookup(clientId, tenantId);
  await clientRecords.remove(tenantId, client, {
    audit: audit.changed({ clientId, label, scopes }, {}),
    cutOff,
  });
}

const hasId =
  (clientId: string) =>
  (other: { readonly clientId: string }): boolean =>
    other.clientId === clientId;

const list = (scopes: readonly string[]): string => scopes.join(", ") || "none";

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((element) => other.includes(element));
}
