import { people } from "../../aws/cognito/people.ts";
import { ADMIN_GROUP } from "../../domain/access/people.ts";
import { groupIn, usernameIn } from "../../http/path-parameters.ts";
import { personEndpoint } from "../../http/person-endpoint.ts";
import { ok } from "../../http/responses.ts";

export const handler = personEndpoint({
  groups: [ADMIN_GROUP],
  handle: async ({ event }) => {
    const username = usernameIn(event);
    await people().addToGroup(username, groupIn(event));
    return ok(await people().find(username));
  },
});
