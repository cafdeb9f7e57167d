import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { systemClock } from "./kernel/clock.ts";
import { Stack } from "./kernel/stack.ts";
import { type AccessLogFile, writeAccessLog } from "./offline/access-log-file.ts";
import { compileTemplate } from "./offline/compile-template.ts";
import { controlPlaneLog } from "./offline/control-plane-log.ts";
import type { Serverless } from "./offline/framework.ts";
import { requireFreePorts } from "./offline/free-ports.ts";
import { setFunctionEnvironments } from "./offline/function-environments.ts";
import { type LocalStack, startLocalStack } from "./offline/local-stack.ts";
import { logGroupFiles } from "./offline/log-group-files.ts";
import { permissionLog } from "./offline/permission-log.ts";
import { functionRunner } from "./offline/run-functions.ts";
import { type LambdaPool, takeOver } from "./offline/serverless-offline.ts";
import { readSettings, type Settings } from "./offline/settings.ts";
import { endWithParent, refuseToStart, tellReady } from "./offline/starter.ts";

const INSTANCES = Math.max(4, 2 * availableParallelism());

/**
 * A Serverless plugin: `serverless offline` runs the functions, and everything around them is the local AWS,
 * deployed from the very template that `serverless deploy` would send.
 */
export default class LocalAwsPlugin {
  readonly hooks: Readonly<Record<string, (error?: unknown) => Promise<void>>>;
  readonly #serverless: Serverless;
  #functions: LambdaPool | undefined;

  constructor(serverless: Serverless) {
    this.#serverless = serverless;
    const start = () => this.#start().catch(refuseToStart);
    this.hooks = {
      "before:offline:start": start,
      "before:offline:start:init": start,
      // Another plugin failed, as the bundler does on code that is none: what it left running would stay.
      error: async (error) => {
        if (serverless.processedInput.commands[0] === "offline") refuseToStart(error);
      },
    };
  }

  async #start(): Promise<void> {
    const settings = readSettings(process.env, this.#serverless.serviceDir);
    await requireFreePorts({
      PORT: settings.apiPort,
      HTTP_API_PORT: settings.httpApiPort,
      LOCAL_AWS_PORT: settings.awsPort,
      LAMBDA_PORT: settings.lambdaPort,
    });
    const stack = await this.#compile();
    const localStack = await startLocalStack({
      ...settings,
      stack,
      clock: systemClock,
      invoke: functionRunner(() => this.#functions),
      onError: reportError,
      onPermissionUse: permissionLog(settings.permissionFile),
      onControlPlaneCall: controlPlaneLog(settings.controlPlaneFile),
      onLogEvent: logGroupFiles(settings.logDirectory),
    });
    mkdirSync(dirname(settings.templateFile), { recursive: true });
    writeFileSync(settings.templateFile, JSON.stringify(stack.template, null, 2));
    endWithParent(() => localStack.aws.close());
    const userPoolId = stack.resources("AWS::Cognito::UserPool")[0]?.physicalId ?? "";
    setFunctionEnvironments(this.#serverless, stack, {
      awsEndpoint: localStack.aws.endpoint,
      jwksUri: `${localStack.aws.endpoint}/${userPoolId}/.well-known/jwks.json`,
      credentialsOf: (functionLogicalId) => localStack.aws.identities.forFunction(functionLogicalId),
    });
    this.#configureOffline(settings);
    await takeOver({
      instances: INSTANCES,
      listener: this.#listener(localStack, settings, userPoolId),
      onLambdaPool: (pool) => {
        this.#functions = pool;
      },
    });
  }

  async #compile(): Promise<Stack> {
    const { naming } = this.#serverless.getProvider("aws");
    const { region } = this.#serverless.service.provider;
    return new Stack(await compileTemplate(this.#serverless), { region, name: naming.getStackName() });
  }

  #configureOffline({ apiPort, lambdaPort, bundleFolder }: Settings): void {
    const { service } = this.#serverless;
    if (bundleFolder)
      for (const definition of Object.values(service.functions)) definition.skipEsbuild = true;
    const configured = service.custom?.["serverless-offline"];
    service.custom = {
      ...service.custom,
      "serverless-offline": {
        ...(typeof configured === "object" && configured),
        host: "127.0.0.1",
        httpPort: apiPort,
        lambdaPort,
        ...(bundleFolder && { location: bundleFolder }),
      },
    };
  }

  #listener(localStack: LocalStack, settings: Settings, userPoolId: string) {
    let opened: Awaited<ReturnType<LocalStack["openApi"]>> | undefined;
    let openedHttpApi: typeof opened;
    const logFiles: AccessLogFile[] = [];
    return {
      start: async () => {
        const { accessLog, httpApi } = localStack;
        logFiles.push(writeAccessLog(accessLog, settings.accessLogFile));
        opened = await localStack.openApi().catch(refuseToStart);
        if (httpApi) logFiles.push(writeAccessLog(httpApi.accessLog, settings.httpApiLogFile));
        openedHttpApi = await httpApi?.open().catch(refuseToStart);
        tellReady({
          apiUrl: `${opened.endpoint}/${this.#serverless.getProvider("aws").getStage()}`,
          httpApiUrl: openedHttpApi?.endpoint,
          awsEndpoint: localStack.aws.endpoint,
          tokenUrl: localStack.tokenUrl,
          region: this.#serverless.service.provider.region,
          userPoolId,
        });
      },
      stop: async () => {
        await opened?.close();
        await openedHttpApi?.close();
        for (const logFile of logFiles) await logFile.close();
        await localStack.logs.close();
        await localStack.aws.close();
      },
    };
  }
}

function reportError(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}
