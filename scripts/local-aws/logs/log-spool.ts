import {
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** One event of a log as a subscription delivers it. */
export interface LogEvent {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly message: string;
}

interface Spooled {
  readonly event: LogEvent;
  /** Where the next one begins. */
  readonly end: number;
}

/** Once all is delivered, a file that has grown so large begins anew. */
const LARGEST_FILE = 16 * 1024 * 1024;
const ID_DIGITS = 56;
const OFFSET_DIGITS = 16;
const NEWLINE = 0x0a;

/**
 * What was logged and not delivered yet, in order. With a file it survives the process being killed: each event
 * is in the file before the call that it tells of is answered, and `<file>.position` says how far it is delivered.
 * An event's id follows from its place in the file, so it is the same when it is read again.
 */
export class LogSpool {
  readonly #waiting: Spooled[] = [];
  readonly #files: { readonly log: number; readonly position: number } | undefined;
  /** How often the file began anew: ids are never given twice. */
  #generation = 0;
  #size = 0;

  /** @param file undefined: in memory alone */
  constructor(file: string | undefined) {
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    this.#files = {
      log: openSync(file, "a", 0o600),
      position: openSync(`${file}.position`, constants.O_RDWR | constants.O_CREAT, 0o600),
    };
    this.#recover(file);
  }

  get size(): number {
    return this.#waiting.length;
  }

  append(timestamp: number, message: string): void {
    const line = Buffer.from(`${timestamp} ${message}\n`);
    if (this.#files) writeSync(this.#files.log, line);
    this.#push(timestamp, message, line.length);
  }

  /** The oldest events, at most so many. */
  peek(count: number): LogEvent[] {
    return this.#waiting.slice(0, count).map(({ event }) => event);
  }

  /** The oldest so many events are delivered. */
  drop(count: number): void {
    const [last] = this.#waiting.splice(0, count).slice(-1);
    if (!last || !this.#files) return;
    if (this.#waiting.length > 0 || this.#size < LARGEST_FILE) {
      this.#save(last.end);
      return;
    }
    // Should the process end in between, a position beyond the end tells the next one what has happened.
    ftruncateSync(this.#files.log);
    this.#begin();
    this.#save(0);
  }

  close(): void {
    if (!this.#files) return;
    closeSync(this.#files.log);
    closeSync(this.#files.position);
  }

  #push(timestamp: number, message: string, length: number): void {
    const offset = String(this.#size).padStart(OFFSET_DIGITS, "0");
    const id = `${this.#generation}${offset}`.padStart(ID_DIGITS, "0");
    this.#size += length;
    this.#waiting.push({ event: { id, timestamp, message }, end: this.#size });
  }

  #begin(): void {
    this.#generation += 1;
    this.#size = 0;
  }

  #save(offset: number): void {
    const text = `${String(this.#generation).padStart(OFFSET_DIGITS)} ${String(offset).padStart(OFFSET_DIGITS)}\n`;
    if (this.#files) writeSync(this.#files.position, text, 0);
  }

  #recover(file: string): void {
    const log = readFileSync(file);
    const [generation = 0, delivered = 0] = this.#readPosition();
    this.#generation = generation;
    if (delivered > log.length) this.#begin();
    // What a kill left half-written was never answered for.
    const whole = log.lastIndexOf(NEWLINE) + 1;
    if (whole < log.length && this.#files) ftruncateSync(this.#files.log, whole);
    this.#size = Math.min(delivered, whole);
    for (const line of log.subarray(this.#size, whole).toString().split("\n").slice(0, -1)) {
      const gap = line.indexOf(" ");
      this.#push(Number(line.slice(0, gap)), line.slice(gap + 1), Buffer.byteLength(line) + 1);
    }
  }

  #readPosition(): number[] {
    const text = Buffer.alloc(2 * OFFSET_DIGITS + 2);
    if (!this.#files || readSync(this.#files.position, text, 0, text.length, 0) === 0) return [];
    return text.toString().trim().split(/\s+/).map(Number);
  }
}
