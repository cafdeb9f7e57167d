import { setTimeout } from "node:timers/promises";
import { InstanceLimit } from "./limit-instances.ts";

/** A function of serverless-offline's pool: one worker thread, busy with one event at a time. */
interface PooledFunction {
  setEvent(event: unknown): void;
  setClientContext(clientContext: unknown): void;
  runHandler(): Promise<unknown>;
}

/** serverless-offline's functions. */
export interface LambdaPool {
  getByFunctionName(functionName: string): PooledFunction;
  listFunctionNames(): readonly string[];
}

/** What takes the place of serverless-offline's HTTP server. */
export interface Listener {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const TIME_TO_FINISH_MILLISECONDS = 5_000;

type Prototype = Record<string, (...args: never[]) => unknown>;

/**
 * Every touch of serverless-offline 14.8.2's internals. It goes on running the functions; its HTTP server
 * never comes to be, and the listener is started and stopped in its place.
 */
export async function takeOver(parts: {
  /** How many instances of each function there may be at once. */
  readonly instances: number;
  readonly listener: Listener;
  readonly onLambdaPool: (pool: LambdaPool) => void;
}): Promise<void> {
  const [httpServer, lambda, lambdaFunction, logging] = await Promise.all([
    load("./events/http/HttpServer.js"),
    load("./lambda/Lambda.js"),
    load("./lambda/LambdaFunction.js"),
    load("./utils/log.js"),
  ]);
  replaceHttpServer(prototypeOf(httpServer), parts.listener);
  captureLambdaPool(prototypeOf(lambda), parts.onLambdaPool);
  limitInstances(prototypeOf(lambda), new InstanceLimit(parts.instances));
  finishBeforeCleanup(prototypeOf(lambdaFunction));
  silence(logging);
}

function replaceHttpServer(prototype: Prototype, listener: Listener): void {
  const nothing = () => undefined;
  Object.assign(prototype, {
    createServer: async () => undefined,
    createRoutes: nothing,
    createResourceRoutes: nothing,
    create404Route: nothing,
    writeRoutesTerminal: nothing,
    start: () => listener.start(),
    stop: () => listener.stop(),
  });
}

function captureLambdaPool(prototype: Prototype, onLambdaPool: (pool: LambdaPool) => void): void {
  const { create } = prototype;
  if (!create) throw new Error("serverless-offline's Lambda has no create");
  prototype.create = function (this: LambdaPool, ...args: never[]) {
    onLambdaPool(this);
    return create.apply(this, args);
  };
}

/**
 * Whoever calls a function, the edge or the Lambda Invoke API, waits for its turn before an instance is
 * chosen: the pool would start another thread for each call that finds none idle.
 */
function limitInstances(prototype: Prototype, limit: InstanceLimit): void {
  const choose = prototype.getByFunctionName as
    | ((this: LambdaPool, name: string) => PooledFunction)
    | undefined;
  if (!choose) throw new Error("serverless-offline's Lambda has no getByFunctionName");
  Object.assign(prototype, {
    getByFunctionName(this: LambdaPool, name: string): PooledFunction {
      let event: unknown;
      let clientContext: unknown;
      return {
        setEvent: (given) => {
          event = given;
        },
        setClientContext: (given) => {
          clientContext = given;
        },
        runHandler: () =>
          limit.run(name, () => {
            const instance = choose.call(this, name);
            instance.setClientContext(clientContext);
            instance.setEvent(event);
            return instance.runHandler();
          }),
      };
    },
  });
}

/** The instance was ended while it ran, as when the stack stops: nobody knows how far it came. */
export class InstanceEnded extends Error {}

/**
 * When code changes or the stack stops, serverless-offline ends every worker, and a call that one was busy with would
 * never be answered: whoever waits for it, as the stack does before it closes, would wait for ever. So a busy one is
 * given time to finish, and then the call fails. From then on it says that it is ending, or the pool would give it
 * another call.
 */
function finishBeforeCleanup(prototype: Prototype): void {
  const { cleanup, runHandler } = prototype;
  const status = Object.getOwnPropertyDescriptor(prototype, "status")?.get;
  if (!cleanup || !runHandler || !status)
    throw new Error("serverless-offline's LambdaFunction has no cleanup, runHandler or status");
  const running = new WeakMap<object, (ended: InstanceEnded) => void>();
  const ending = new WeakSet<object>();
  Object.defineProperty(prototype, "status", {
    get(this: object) {
      return ending.has(this) ? "ENDING" : status.call(this);
    },
  });
  prototype.runHandler = function (this: object, ...args: never[]) {
    return new Promise((resolve, reject) => {
      running.set(this, reject);
      Promise.resolve(runHandler.apply(this, args))
        .then(resolve, reject)
        .finally(() => running.delete(this));
    });
  };
  prototype.cleanup = async function (this: object, ...args: never[]) {
    ending.add(this);
    const deadline = Date.now() + TIME_TO_FINISH_MILLISECONDS;
    while (status.call(this) === "BUSY" && Date.now() < deadline) await setTimeout(20);
    const done = await cleanup.apply(this, args);
    running.get(this)?.(new InstanceEnded("the function's instance was ended while it ran"));
    return done;
  };
}

/** Its notices (routes, a line per invocation) say nothing that the edge does not; warnings and errors stay. */
function silence(logging: Record<string, unknown>): void {
  Object.assign(logging.log as object, { notice: () => undefined, info: () => undefined });
}

async function load(path: string): Promise<Record<string, unknown>> {
  return import(new URL(path, import.meta.resolve("serverless-offline")).href);
}

function prototypeOf(module: Record<string, unknown>): Prototype {
  const type = module.default;
  if (typeof type !== "function") throw new Error("serverless-offline is not the version the edge knows");
  return type.prototype as Prototype;
}
