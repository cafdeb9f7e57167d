import type { CompiledTemplate } from "./references.ts";

/** Settings of functions that belong on one's own machine alone. */
const LOCAL_ONLY: Readonly<Record<string, string>> = { WEBHOOK_LOOPBACK: "on" };

/** The functions of a template that would be deployed with a setting that is for the local stack. */
export function localSettings({ Resources }: Pick<CompiledTemplate, "Resources">): string[] {
  return Object.entries(Resources).flatMap(([logicalId, { Properties = {} }]) => {
    const { Environment } = Properties as { Environment?: { Variables?: Record<string, unknown> } };
    return Object.entries(LOCAL_ONLY)
      .filter(([name, value]) => Environment?.Variables?.[name] === value)
      .map(([name, value]) => `${logicalId} has ${name}=${value}, which is for the local stack alone`);
  });
}
