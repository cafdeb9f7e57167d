import { people } from "../../aws/cognito/people.ts";
import { ADMIN_GROUP } from "../../domain/access/people.ts";
import { userSearch } from "../../generated/user-search.js";
import { decodeCursor } from "../../http/cursor.ts";
import { pageBody, pageSize } from "../../http/page.ts";
import { personEndpoint } from "../../http/person-endpoint.ts";
import { ok } from "../../http/responses.ts";

/** Cognito's `PaginationToken` is its own affair; it has no spaces. */
const isPosition = (text: string): text is string => /^\S+$/.test(text);

export const handler = personEndpoint({
  groups: [ADMIN_GROUP],
  query: userSearch,
  handle: async ({ query: { limit, cursor } }) =>
    ok(pageBody(await people().list({ limit: pageSize(limit), after: decodeCursor(cursor, isPosition) }))),
});
