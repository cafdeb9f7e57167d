/**
 * The internal API, called as another AWS service would: `npm run internal -- <command>`. Without `--stage` it
 * works on the local stack, with it on a deployed one, under the operator's own AWS credentials, which must
 * be allowed to assume the callers' role. Exit code 0: done; 1: refused or failed; 2: what was typed makes no sense.
 */

import { Refusal } from "../src/domain/refusal.ts";
import { sessionOf } from "./internal/caller-session.ts";
import { objectOf, sendSigned } from "./internal/send-signed.ts";
import { print } from "./stage/print.ts";
import { isJson, openStage, runProgram, stageProgram } from "./stage/stage-program.ts";
import { pairs } from "./stage/text.ts";

const program = stageProgram("internal").description("The internal API, signed with the callers' role");

program
  .command("get-loyalty")
  .description("a customer's points with a tenant")
  .argument("<tenant>", "the tenant's id")
  .argument("<customer>", "the customer's id")
  .action(async (tenantId: string, customerId: string) =>
    show(`/internal/loyalty/${segment(tenantId)}/${segment(customerId)}`),
  );

program
  .command("get-tenant")
  .description("a tenant with its clients")
  .argument("<tenant>", "the tenant's id")
  .action(async (tenantId: string) => show(`/internal/tenants/${segment(tenantId)}`));

/** An empty one would make another path, which the gateway refuses as if the credentials were missing. */
function segment(id: string): string {
  if (id === "") throw new Refusal("invalid", "An id is empty.");
  return encodeURIComponent(id);
}

async function show(path: string): Promise<void> {
  const { apiUrl, internalCallerRoleArn } = await openStage(program);
  const session = await sessionOf(internalCallerRoleArn);
  const answer = await objectOf(await sendSigned(`${apiUrl}${path}`, session));
  await print(isJson(program) ? JSON.stringify(answer) : pairs(textsOf(answer)));
}

function textsOf(answer: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

await runProgram(program);
