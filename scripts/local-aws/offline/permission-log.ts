import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { PermissionUse } from "../iam/identities.ts";

/**
 * Writes each permission once per start: `<role> <action> <resource>`. A permission of the template that
 * never appears here is one that a role may not need.
 */
export function permissionLog(file: string): (use: PermissionUse) => void {
  mkdirSync(dirname(file), { recursive: true });
  const known = new Set<string>();
  return ({ roleName, action, resource }) => {
    const line = `${roleName} ${action} ${resource}\n`;
    if (known.has(line)) return;
    known.add(line);
    try {
      appendFileSync(file, line);
    } catch (error) {
      // What a role may do does not hang on our writing it down.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };
}
