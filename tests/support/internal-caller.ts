import { type CallerSession, sessionOf } from "../../scripts/internal/caller-session.ts";
import { sendSigned } from "../../scripts/internal/send-signed.ts";
import { demo } from "./demo-stack.ts";
import { type Answer, answerOf } from "./machine.ts";
import { useLocalAws } from "./operator.ts";
import { compiledStack } from "./template.ts";

let ofTheRole: Promise<CallerSession> | undefined;

/** A session of the role that may call the internal API. */
export function internalCaller(): Promise<CallerSession> {
  useLocalAws();
  ofTheRole ??= sessionOf(String(compiledStack().outputs().InternalCallerRoleArn));
  return ofTheRole;
}

/** A call to the internal API, signed with the callers' role or as another session. */
export async function callInternal(path: string, session?: CallerSession): Promise<Answer> {
  return answerOf(await sendSigned(`${demo().apiUrl}${path}`, session ?? (await internalCaller())));
}
