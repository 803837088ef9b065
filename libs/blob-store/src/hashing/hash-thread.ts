import { Worker } from 'node:worker_threads';
import { HasherLost } from './byte-hasher.js';
import { HASH_THREAD_SOURCE, type HashAnswer, type HashRequest } from './hash-thread.source.js';

interface Waiting {
  resolve(hex: string | undefined): void;
  reject(error: Error): void;
}

/** One thread that holds the state of many hashes. It keeps the process alive only while it owes an answer. */
export class HashThread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #lost: HasherLost | undefined;
  #lastState = 0;
  /** How many hashes it holds. */
  load = 0;

  constructor(source = HASH_THREAD_SOURCE) {
    this.#worker = new Worker(source, { eval: true, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (answer: HashAnswer) => this.#take(answer));
    this.#worker.on('error', (error) => this.#lose(error));
    this.#worker.on('exit', () => this.#lose());
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  nextState(): number {
    this.#lastState += 1;
    return this.#lastState;
  }

  /** Sends what has no answer. Silent on a lost thread: the next `ask` reports it. */
  tell(request: HashRequest): void {
    if (this.#lost === undefined) this.#worker.postMessage(request);
  }

  /** @throws HasherLost */
  ask(request: HashRequest): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      this.#worker.postMessage(request);
      if (this.#waiting.push({ resolve, reject }) === 1) this.#worker.ref();
    });
  }

  /** Ends the thread; whoever waits gets HasherLost. */
  async close(): Promise<void> {
    this.#lose();
    await this.#worker.terminate();
  }

  #take(answer: HashAnswer): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if (answer.error === undefined) waiting?.resolve(answer.hex);
    else waiting?.reject(new HasherLost(answer.error));
  }

  #lose(cause?: unknown): void {
    this.#lost ??= new HasherLost(cause);
    this.#worker.unref();
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
  }
}
