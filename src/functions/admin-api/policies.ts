import type { APIGatewayProxyEvent } from "aws-lambda";
import { PolicyStore } from "../../aws/dynamodb/policy-store.ts";
import { config } from "../../config.ts";
import { ADMIN_GROUP } from "../../domain/access/people.ts";
import { acceptPolicy } from "../../domain/access/policy-lint.ts";
import { isGroupName, type PolicyRecord } from "../../domain/access/policy-record.ts";
import { Refusal } from "../../domain/refusal.ts";
import { policyDocument } from "../../generated/policy-document.js";
import { entityTag, expectedVersion } from "../../http/entity-tag.ts";
import { personEndpoint } from "../../http/person-endpoint.ts";
import { ok } from "../../http/responses.ts";
import { routes } from "../../http/routes.ts";

const groups = [ADMIN_GROUP] as const;

let kept: PolicyStore | undefined;

export const handler = routes({
  "GET /admin/policies": personEndpoint({
    groups,
    handle: async () => ok({ items: await store().list() }),
  }),
  "GET /admin/policies/{group}": personEndpoint({
    groups,
    handle: async ({ event }) => answer(await store().get(groupOf(event))),
  }),
  "PUT /admin/policies/{group}": personEndpoint({
    groups,
    body: policyDocument,
    handle: async ({ actor, body, event }) => {
      const expected = event.headers["if-match"] === undefined ? undefined : expectedVersion(event);
      const document = acceptPolicy(body, config.apiStageArn());
      const put = await store().put(groupOf(event), document, { actor, expected });
      return { ...answer(put), statusCode: expected === undefined ? 201 : 200 };
    },
  }),
});

function store(): PolicyStore {
  kept ??= new PolicyStore(config.controlTable());
  return kept;
}

/** What is no group's name at all is answered like a group without a policy. */
function groupOf({ pathParameters }: APIGatewayProxyEvent): string {
  const group = pathParameters?.group;
  if (isGroupName(group)) return group;
  throw new Refusal("not-found", "There is no such policy.");
}

/** The document alone, so that what was read can be changed and put again. */
function answer({ document, version, updatedAt }: PolicyRecord) {
  const headers = { etag: entityTag(version), "last-modified": new Date(updatedAt).toUTCString() };
  return ok(document as object, headers);
}
