/** `npm start`: the whole system on this machine, with three demo tenants. */
import { mkdirSync, rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { requireFreePorts } from "./local-aws/offline/free-ports.ts";
import { readSettings, type Settings } from "./local-aws/offline/settings.ts";
import { explainError } from "./stage/explain-error.ts";
import { DEMO_FILE, GATEHOUSE_FOLDER, LOCAL_STAGE, ROOT, useLocalAws } from "./stage/local-environment.ts";
import { discardState } from "./start/discard-state.ts";
import { ensureGeneratedCode } from "./start/generated-code.ts";
import { startOptions, USAGE } from "./start/options.ts";
import { readyText } from "./start/ready-text.ts";
import { type StackProcess, Stopped, startStack } from "./start/stack-process.ts";

const LETTING_GO_MILLISECONDS = 2000;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Everything that can be refused is refused before anything is started or deleted. */
async function checkPorts({ apiPort, httpApiPort, awsPort, lambdaPort }: Settings): Promise<void> {
  if (new Set([apiPort, httpApiPort, awsPort, lambdaPort]).size < 4)
    throw new Error(
      `PORT (${apiPort}), HTTP_API_PORT (${httpApiPort}), LOCAL_AWS_PORT (${awsPort}) and LAMBDA_PORT (${lambdaPort}) must differ`,
    );
  const ports = {
    PORT: apiPort,
    HTTP_API_PORT: httpApiPort,
    LOCAL_AWS_PORT: awsPort,
    LAMBDA_PORT: lambdaPort,
  };
  // A stack whose starter was killed takes a moment to notice and to let go of its ports.
  await requireFreePorts(ports).catch(() => setTimeout(LETTING_GO_MILLISECONDS));
  await requireFreePorts(ports);
}

async function start(): Promise<number> {
  const { fresh, help } = startOptions(process.argv.slice(2));
  if (help) {
    say(USAGE);
    return 0;
  }
  const settings = readSettings(process.env, ROOT);
  await checkPorts(settings);
  // The state holds the local pool's private keys and secrets.
  mkdirSync(GATEHOUSE_FOLDER, { recursive: true, mode: 0o700 });
  if (fresh) {
    await discardState(settings.stateDirectory);
    rmSync(DEMO_FILE, { force: true });
    say("Began anew: earlier tenants and data are gone.");
  }
  if (ensureGeneratedCode()) say("Derived src/generated/ from the schemas.");
  say("Starting the local AWS and the functions …");
  const stack = startStack();
  stopOnSignal(stack);
  stopWithNpm(stack);
  try {
    await makeReady(stack);
  } catch (error) {
    stack.stop();
    await stack.ended;
    if (error instanceof Stopped) return 0;
    throw error;
  }
  const code = await stack.ended;
  if (code !== 0)
    process.stderr.write(
      `gatehouse: the stack ended by itself with ${code}; npm start begins where it was\n`,
    );
  return code;
}

async function makeReady(stack: StackProcess): Promise<void> {
  // Loaded while the stack comes up; no SDK client is made before it is known where to.
  const modules = Promise.all([import("./demo/prepare-demo.ts"), import("./stage/stage-settings.ts")]);
  const policies = import("./demo/demo-policies.ts");
  const awsEndpoint = await stack.ready;
  useLocalAws(awsEndpoint);
  const [{ prepareDemo }, { stageSettings }] = await modules;
  say("Onboarding the demo tenants …");
  const settings = await stageSettings(LOCAL_STAGE);
  const demo = await prepareDemo(settings, {
    file: DEMO_FILE,
    awsEndpoint,
    progress: (line) => say(`  ${line}`),
  });
  await (await policies).prepareDemoPolicies(settings);
  say(`\n${readyText(demo)}`);
}

function stopOnSignal(stack: StackProcess): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stack.stop());
}

/**
 * A killed npm would leave us running, and the ports taken. The script in package.json begins with `exec`, so
 * that npm itself is the parent to watch and no shell stands between.
 */
function stopWithNpm(stack: StackProcess): void {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stack.stop();
  }, 250);
  watch.unref();
}

async function run(): Promise<number> {
  try {
    return await start();
  } catch (error) {
    process.stderr.write(`gatehouse cannot start: ${explainError(error, "deployed")}\n`);
    return 1;
  }
}

// With the stack all is over, whatever timer or connection of an SDK is still open here.
process.exit(await run());
