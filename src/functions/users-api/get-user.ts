import { people } from "../../aws/cognito/people.ts";
import { ADMIN_GROUP } from "../../domain/access/people.ts";
import { usernameIn } from "../../http/path-parameters.ts";
import { personEndpoint } from "../../http/person-endpoint.ts";
import { ok } from "../../http/responses.ts";

export const handler = personEndpoint({
  groups: [ADMIN_GROUP],
  spelling: "any",
  handle: async ({ event }) => ok(await people().find(usernameIn(event))),
});
