/** What this plugin touches of the Serverless Framework (osls 4). */
export interface Serverless {
  readonly serviceDir: string;
  readonly service: {
    readonly service: string;
    custom?: Record<string, unknown>;
    readonly functions: Readonly<Record<string, FunctionDefinition>>;
    readonly provider: {
      readonly region: string;
      environment?: Record<string, unknown>;
      versionFunctions?: boolean;
      /** Compiled in place; there only after `package:initialize`. */
      compiledCloudFormationTemplate?: unknown;
    };
  };
  /** e.g. `["offline", "start"]` */
  readonly processedInput: { readonly commands: readonly string[] };
  readonly pluginManager: {
    readonly hooks: Readonly<Record<string, readonly { readonly hook: () => unknown }[]>>;
  };
  getProvider(name: "aws"): {
    getStage(): string;
    readonly naming: { getLambdaLogicalId(functionKey: string): string; getStackName(): string };
  };
}

interface FunctionDefinition {
  /** The deployed function's name, e.g. `gatehouse-dev-listFlights`. */
  readonly name: string;
  environment?: Record<string, string>;
  /** serverless-esbuild leaves such a function alone. */
  skipEsbuild?: boolean;
}
