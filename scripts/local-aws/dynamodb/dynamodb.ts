import type { Authorize } from "../kernel/authorize.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Caller } from "../kernel/caller.ts";
import type { Clock } from "../kernel/clock.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import type { Stack } from "../kernel/stack.ts";
import { type Access, accessesOf, tableAccess, transactionAccess } from "./access.ts";
import { deployTables, finishInterrupted } from "./deployment.ts";
import { isOperation, type Operation, parseRequest, run, runNow } from "./dynalite.ts";
import { ItemLocks } from "./item-locks.ts";
import { returnsItemOnFailure, writeBatch, writeItem } from "./item-writes.ts";
import { answer, refuse } from "./protocol.ts";
import { Records } from "./records.ts";
import { RequestTokens } from "./request-tokens.ts";
import { refuseStream } from "./stream-deployment.ts";
import { Streams, streamSpace } from "./streams.ts";
import { Tables } from "./tables.ts";
import { describeTimeToLive, SWEEP_BATCH, sweepExpired, updateTimeToLive } from "./time-to-live.ts";
import { TimeToLiveSettings } from "./time-to-live-settings.ts";
import { parseTransactGet, parseTransactWrite } from "./transaction-request.ts";
import { Transactions } from "./transactions.ts";

const TARGET_PREFIX = "DynamoDB_20120810.";
const SWEEP_EVERY_MS = 60_000;

export interface DynamoDbOptions {
  /** Where the tables are kept; undefined: in memory. */
  readonly directory: string | undefined;
  readonly stack: Stack;
  readonly clock: Clock;
  readonly authorize: Authorize;
}

/** Amazon DynamoDB, on dynalite's validation, expressions and actions. */
export class DynamoDb implements Service {
  readonly name = "dynamodb";
  /** For Lambda's pollers: there is no DynamoDB Streams API. */
  readonly streams: Streams;
  readonly #stack: Stack;
  readonly #clock: Clock;
  readonly #authorize: Authorize;
  readonly #tables: Tables;
  readonly #locks = new ItemLocks();
  readonly #transactions: Transactions;
  readonly #sweeping: NodeJS.Timeout;

  private constructor(records: Records, { stack, clock, authorize }: DynamoDbOptions) {
    this.#stack = stack;
    this.#clock = clock;
    this.#authorize = authorize;
    this.streams = new Streams(records, clock, stack);
    const timeToLive = new TimeToLiveSettings(records);
    this.#tables = new Tables({ records, timeToLive, streams: this.streams }, stack);
    this.#transactions = new Transactions(this.#tables, this.#locks, new RequestTokens(records, clock));
    this.#sweeping = setInterval(this.#sweepInSteps, SWEEP_EVERY_MS).unref();
  }

  /** Throws DamagedStateError, and StateInUseError when another process has the directory open. */
  static open(options: DynamoDbOptions): DynamoDb {
    const dynamoDb = new DynamoDb(Records.open(options.directory), options);
    finishInterrupted(dynamoDb.#tables);
    return dynamoDb;
  }

  /** Creates and updates the template's tables; may be repeated. */
  deploy(): Promise<void> {
    return deployTables(this.#stack, this.#tables);
  }

  /** Removes all expired items now; it also happens by itself every minute. @returns how many records went */
  sweep(): number {
    let gone = 0;
    for (let step = SWEEP_BATCH; step === SWEEP_BATCH; gone += step) step = this.#sweepOnce();
    return gone;
  }

  accepts(request: AwsRequest): boolean {
    return request.target?.startsWith(TARGET_PREFIX) ?? false;
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const name = request.target?.slice(TARGET_PREFIX.length) ?? "";
    return answer(await this.#perform(name, request.caller, parseBody(request.body)), request);
  }

  readonly refuse = refuse;

  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    this.#tables.records.close();
  }

  /** Lets requests through between the batches. */
  readonly #sweepInSteps = (): void => {
    try {
      if (this.#tables.records.isOpen && this.#sweepOnce() === SWEEP_BATCH) setImmediate(this.#sweepInSteps);
    } catch (error) {
      // What could not be removed now is there at the next sweep; the stack goes on.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };

  #sweepOnce(): number {
    return sweepExpired(this.#tables, this.#locks, this.#clock);
  }

  async #perform(name: string, caller: Caller, body: object): Promise<object> {
    switch (name) {
      case "TransactWriteItems": {
        const transaction = parseTransactWrite(body);
        this.#check(caller, () =>
          transaction.items.map(({ kind, request }) => transactionAccess(kind, request, this.#tables)),
        );
        return this.#transactions.write(transaction, body);
      }
      case "TransactGetItems": {
        const { requests, returnConsumedCapacity } = parseTransactGet(body);
        this.#check(caller, () => requests.map((request) => transactionAccess("Get", request, this.#tables)));
        return this.#transactions.read(requests, returnConsumedCapacity);
      }
      case "UpdateTimeToLive":
        this.#checkTable(caller, name, body);
        return updateTimeToLive(body, this.#tables);
      case "DescribeTimeToLive":
        this.#checkTable(caller, name, body);
        return describeTimeToLive(body, this.#tables);
      default:
        if (!isOperation(name))
          throw new AwsError("UnknownOperationException", `there is no operation ${name}`);
        return this.#performOne(name, caller, body);
    }
  }

  async #performOne(operation: Operation, caller: Caller, body: object): Promise<object> {
    refuseStream(body);
    const returnItemOnFailure = returnsItemOnFailure(body);
    const request = parseRequest(operation, body);
    this.#check(caller, () => accessesOf(operation, request, this.#tables));
    const tables = this.#tables;
    const locks = this.#locks;
    switch (operation) {
      case "PutItem":
      case "UpdateItem":
      case "DeleteItem":
        return writeItem(operation, request, { tables, locks, returnItemOnFailure });
      case "BatchWriteItem":
        return writeBatch(request, { tables, locks });
      case "GetItem":
        return runNow(operation, tables.store(), request);
      case "DeleteTable": {
        const deleted = await run(operation, tables.store(), request);
        tables.timeToLive.set(request.TableName, undefined);
        tables.records.clear(streamSpace(request.TableName));
        return Object(deleted);
      }
      default:
        return Object(await run(operation, tables.store(), request));
    }
  }

  /** Nothing is looked up for the account itself, which may do everything. */
  #check(caller: Caller, accesses: () => readonly Access[]): void {
    if (caller.kind === "account") return;
    for (const { action, resource, context } of accesses())
      this.#authorize(caller, action, resource, context);
  }

  #checkTable(caller: Caller, operation: string, body: object): void {
    const tableName = "TableName" in body ? String(body.TableName) : "";
    this.#check(caller, () => [tableAccess(`dynamodb:${operation}`, tableName, this.#tables)]);
  }
}

function parseBody(body: Buffer): object {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // answered below, like any other body that is no object
  }
  throw new AwsError("SerializationException", "The request body is not a JSON object");
}
