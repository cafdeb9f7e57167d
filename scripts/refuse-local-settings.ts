/**
 * A Serverless plugin that packages nothing, and so deploys nothing, with a setting that is for the local stack alone.
 * The local stack itself is not packaged: it runs the functions as they are.
 */
import { localSettings } from "./template/local-settings.ts";
import type { CompiledTemplate } from "./template/references.ts";

interface ServerlessInstance {
  service: { provider: { compiledCloudFormationTemplate: CompiledTemplate } };
}

export default class RefuseLocalSettings {
  readonly hooks: Readonly<Record<string, () => void>>;

  constructor(serverless: ServerlessInstance) {
    this.hooks = {
      "before:package:finalize": () => refuse(serverless.service.provider.compiledCloudFormationTemplate),
    };
  }
}

function refuse(template: CompiledTemplate): void {
  const findings = localSettings(template);
  if (findings.length > 0) throw new Error(`not to be deployed: ${findings.join("; ")}`);
}
