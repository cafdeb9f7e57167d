import { peopleOperations } from "../../aws/people-operations.ts";
import { ADMIN_GROUP } from "../../domain/access/people.ts";
import { newUser } from "../../generated/new-user.js";
import { personEndpoint } from "../../http/person-endpoint.ts";
import { created } from "../../http/responses.ts";
import { log } from "../../log.ts";

export const handler = personEndpoint({
  groups: [ADMIN_GROUP],
  body: newUser,
  handle: async ({ actor, body: { username, email, groups = [] }, event }) => {
    const { person, temporaryPassword } = await peopleOperations(actor).add(
      { username, email, groups },
      (error) =>
        log.error("a person was added, but not all that goes with it was done", {
          requestId: actor.requestId,
          error,
        }),
    );
    const result = { ...person, temporaryPassword };
    return created(event, encodeURIComponent(username), { result, replayed: false });
  },
});
