import { peopleOperations } from "../../aws/people-operations.ts";
import { ADMIN_GROUP } from "../../domain/access/people.ts";
import { groupIn, usernameIn } from "../../http/path-parameters.ts";
import { personEndpoint } from "../../http/person-endpoint.ts";
import { ok } from "../../http/responses.ts";

export const handler = personEndpoint({
  groups: [ADMIN_GROUP],
  spelling: "any",
  handle: async ({ actor, event }) =>
    ok(await peopleOperations(actor).addToGroup(usernameIn(event), groupIn(event))),
});
