import { userInfo } from "node:os";
import { callerArn } from "../../src/aws/sts/caller-identity.ts";
import type { Actor } from "../../src/domain/audit.ts";

/** Who works at this command line: AWS vouches for the identity, the name is only what the computer says. */
export async function operator(): Promise<Actor> {
  return { id: await callerArn(), name: userName() };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry among the system's users, as in a container.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
