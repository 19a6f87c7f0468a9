import { timeOf, type Clock } from '../util/clock.js';

/** Milliseconds of a block; the inner ring has a slot for each, the outer ring one for each of as many blocks. */
const BLOCK = 1_024;
/** A list of rows under way from the outer ring to the inner one. */
const MOVING = 2 * BLOCK;
/** The nodes before these are the heads of the lists. */
const FIRST_ROW = MOVING + 1;

/** Node's own keep a process alive, unless they are told not to. */
interface Timer {
  ref?(): unknown;
  unref?(): unknown;
}

export interface WheelOptions {
  readonly clock: Clock;
  /** Milliseconds that the wheel may take of one turn of the event loop. */
  readonly turnBudget: number;
  readonly onDue: (row: number) => void;
}

/**
 * At most one deadline for each row, 16 bytes each, on one timer of a clock. Arming and cancelling take the same time
 * however many there are; deadlines are kept to the millisecond, those of one moment in the order of their arming.
 */
export class TimingWheel {
  readonly #options: WheelOptions;
  /** Lists in a ring each, from its head and back to it. What is in no list points to itself. */
  #next = ring(FIRST_ROW);
  #previous = ring(FIRST_ROW);
  #deadlines = new Float64Array(0);
  #armed = 0;
  /** Up to here all deadlines were met. */
  #time: number;
  #alarm: { readonly at: number; readonly timer: Timer | undefined } | null = null;
  #isTurning = false;
  #isStopped = false;

  constructor(options: WheelOptions) {
    this.#options = options;
    this.#time = this.#now();
  }

  /** How many deadlines are armed. */
  get armed(): number {
    return this.#armed;
  }

  grow(capacity: number): void {
    const [next, previous] = [ring(FIRST_ROW + capacity), ring(FIRST_ROW + capacity)];
    next.set(this.#next);
    previous.set(this.#previous);
    const deadlines = new Float64Array(capacity);
    deadlines.set(this.#deadlines);
    [this.#next, this.#previous, this.#deadlines] = [next, previous, deadlines];
  }

  /** @param delay in milliseconds; the deadline takes the place of the one that the row may have */
  arm(row: number, delay: number): void {
    // What is no time to wait for is over at once, as it is for a timer of Node's.
    const wait = delay > 0 && delay < Infinity ? delay : 0;
    const now = Math.max(0, timeOf(this.#options.clock));
    this.armAt(row, Math.ceil(now + wait), now);
  }

  /** @param deadline in milliseconds of the clock, a whole number */
  armAt(row: number, deadline: number, now = Math.max(0, timeOf(this.#options.clock))): void {
    this.cancel(row);
    if (this.#isStopped) return;
    if (this.#armed === 0 && !this.#isTurning) this.#time = Math.min(Math.floor(now), deadline);
    this.#deadlines[row] = deadline;
    if (this.#armed++ === 0) this.#alarm?.timer?.ref?.();
    this.#place(row, deadline);
    const at = blockOf(deadline) === blockOf(this.#time) ? deadline : blockOf(deadline) * BLOCK;
    if (!this.#isTurning && (this.#alarm === null || at < this.#alarm.at)) this.#setAlarm(at);
  }

  /** Null for a row that has none. */
  deadlineOf(row: number): number | null {
    const node = FIRST_ROW + row;
    return this.#next[node] === node ? null : (this.#deadlines[row] as number);
  }

  /** Without effect on a row that has no deadline. */
  cancel(row: number): void {
    const node = FIRST_ROW + row;
    if (this.#next[node] === node) return;
    this.#unlink(node);
    this.#armed--;
    // An alarm that finds nothing costs less than one that is set for each of few deadlines.
    if (this.#armed === 0) this.#alarm?.timer?.unref?.();
  }

  /** Forgets all deadlines, and those that are to come. */
  stop(): void {
    this.#isStopped = true;
    this.#clearAlarm();
    for (let node = 0; node < this.#next.length; node++) this.#next[node] = this.#previous[node] = node;
    this.#armed = 0;
  }

  /** Meets the deadlines that are due, as many as one turn has time for. */
  readonly #turn = (): void => {
    this.#alarm = null;
    this.#isTurning = true;
    const now = this.#now();
    const end = performance.now() + this.#options.turnBudget;
    try {
      while (this.#step(now)) if (performance.now() >= end) break;
    } finally {
      this.#isTurning = false;
      const at = this.#nextMoment();
      if (at !== null) this.#setAlarm(at);
    }
  };

  /** Does one thing that is due; false where nothing is. */
  #step(now: number): boolean {
    const moving = this.#next[MOVING] as number;
    if (moving !== MOVING) {
      this.#unlink(moving);
      this.#place(moving - FIRST_ROW, this.#deadlines[moving - FIRST_ROW] as number);
      return true;
    }
    const moment = this.#nextMoment();
    if (moment === null || moment > now) return false;
    const entersBlock = blockOf(moment) !== blockOf(this.#time);
    this.#time = moment;
    if (entersBlock) {
      this.#beginMoving(outerSlot(moment));
      return true;
    }
    const node = this.#next[innerSlot(moment)] as number;
    this.#unlink(node);
    this.#armed--;
    this.#options.onDue(node - FIRST_ROW);
    return true;
  }

  /** When something is to be done next: the first deadline of this block, or the beginning of a later block. */
  #nextMoment(): number | null {
    if (this.#armed === 0) return null;
    if (this.#next[MOVING] !== MOVING) return this.#time;
    const block = blockOf(this.#time);
    for (let moment = this.#time; blockOf(moment) === block; moment++) {
      if (this.#next[innerSlot(moment)] !== innerSlot(moment)) return moment;
    }
    for (let ahead = 1; ahead <= BLOCK; ahead++) {
      const moment = (block + ahead) * BLOCK;
      if (this.#next[outerSlot(moment)] !== outerSlot(moment)) return moment;
    }
    return null;
  }

  #place(row: number, deadline: number): void {
    const isNear = blockOf(deadline) <= blockOf(this.#time);
    this.#append(isNear ? innerSlot(Math.max(deadline, this.#time)) : outerSlot(deadline), FIRST_ROW + row);
  }

  /** Takes a list as it is, so that what comes back to its slot, being due a whole turn later, is not met again. */
  #beginMoving(head: number): void {
    const [first, last] = [this.#next[head] as number, this.#previous[head] as number];
    if (first === head) return;
    this.#next[MOVING] = first;
    this.#previous[first] = MOVING;
    this.#next[last] = MOVING;
    this.#previous[MOVING] = last;
    this.#next[head] = this.#previous[head] = head;
  }

  #append(head: number, node: number): void {
    const last = this.#previous[head] as number;
    this.#next[last] = node;
    this.#previous[node] = last;
    this.#next[node] = head;
    this.#previous[head] = node;
  }

  #unlink(node: number): void {
    const [next, previous] = [this.#next[node] as number, this.#previous[node] as number];
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#next[node] = this.#previous[node] = node;
  }

  #setAlarm(at: number): void {
    this.#clearAlarm();
    const { clock } = this.#options;
    const timer = clock.setTimeout(this.#turn, Math.max(0, Math.ceil(at - timeOf(clock)))) as
      Timer | undefined;
    this.#alarm = { at, timer };
  }

  #clearAlarm(): void {
    if (this.#alarm !== null) this.#options.clock.clearTimeout(this.#alarm.timer);
    this.#alarm = null;
  }

  #now(): number {
    return Math.floor(timeOf(this.#options.clock));
  }
}

function ring(length: number): Int32Array {
  return new Int32Array(length).map((_, node) => node);
}

function blockOf(moment: number): number {
  return Math.floor(moment / BLOCK);
}

function innerSlot(moment: number): number {
  return moment % BLOCK;
}

function outerSlot(moment: number): number {
  return BLOCK + (blockOf(moment) % BLOCK);
}
