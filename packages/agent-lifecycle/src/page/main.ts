import type { JournalEntryView } from '../wire/journal-entry.js';
import { AgentList } from './agent-list.js';
import { stepIn, type PageAgent, type Step } from './agent-model.js';
import { AgentPanel } from './agent-panel.js';
import { ChartView } from './chart-view.js';
import { byId } from './dom.js';
import { JournalView } from './journal-view.js';
import { LiveHost } from './live-host.js';
import { keepInAddress, readAddress } from './page-address.js';
import { RecordedJournal } from './recorded-journal.js';
import { askForToken, setLocked } from './session.js';

const agents = new Map<string, PageAgent>();
const connection = byId('connection');
const lastHeard = byId('last-heard');
const chart = new ChartView(readAddress().isFitted, (isFitted) => {
  keepInAddress({ isFitted });
});
const journal = new JournalView();
const position = byId<HTMLInputElement>('position');
const recordFile = byId<HTMLInputElement>('record');
/** Whether what is shown is as it is now, and commands go anywhere. */
let isConnected = false;
let record: RecordedJournal | null = null;
/** Of each instance of the chosen agent: while one takes the place of another, the journal tells of both. */
const lastSteps = new Map<number, Step>();

const host = new LiveHost({
  onConnected: (isBack) => {
    isConnected = true;
    showConnection(isBack ? 'Connected again: the host was away' : 'Connected');
    void chart.load();
  },
  onLost: () => {
    isConnected = false;
    showChosen();
    showConnection('The host does not answer: connecting anew', 'lost');
  },
  onLocked: () => {
    isConnected = false;
    host.disconnect();
    askForToken(() => {
      host.connect();
    });
    showConnection('Locked');
  },
  onAgents: (changed, removed, isAnew) => {
    if (isAnew) agents.clear();
    for (const agent of changed) agents.set(agent.name, agent);
    for (const name of removed) agents.delete(name);
    if (isAnew) list.replace(changed);
    else list.update(changed, removed);
    showChosen();
  },
  onJournal: (entries) => {
    journal.show(entries);
    // A host that has begun anew counts generations from 1 again.
    lastSteps.clear();
    entries.forEach(noteStep);
    showChosen();
  },
  onEntry: (entry) => {
    journal.append(entry);
    noteStep(entry);
    const step = stepIn(entry);
    // Sooner than the list of agents tells.
    if (step === null || entry.generation !== agents.get(list.chosen ?? '')?.generation) return;
    chart.light(step.to);
    chart.take(lastSteps.get(entry.generation) ?? null);
  },
});

const panel = new AgentPanel((agent, command) =>
  host.command(agent, command, () => {
    const { operation = null, state = '' } = agents.get(agent) ?? {};
    return operation !== null || state === 'draining';
  }),
);

const list = new AgentList(readAddress(), {
  onChoose: (name) => {
    if (record === null) chooseLive(name);
    else if (name !== null) chooseRecorded(record, name);
    showChosen();
  },
  onFilter: (filter) => {
    keepInAddress({ filter });
  },
});

addEventListener('hashchange', () => {
  const { agent, filter } = readAddress();
  list.filterBy(filter);
  if (record === null && agent !== null && agents.has(agent)) list.choose(agent);
});

/** @param className `lost` where what is shown is no longer so, for all that is known */
function showConnection(text: string, className = ''): void {
  connection.className = className;
  const status = byId('connection-text');
  // The same text again would be read out again.
  if (status.textContent !== text) status.textContent = text;
  showLastHeard();
}

setInterval(showLastHeard, 1_000);

/** What is shown then is as it was at that time. */
function showLastHeard(): void {
  const main = byId('host');
  const isStale = record === null && !isConnected && host.lastEventAt !== null && !main.hidden;
  main.classList.toggle('stale', isStale);
  lastHeard.hidden = !isStale;
  const seconds = Math.floor((performance.now() - (host.lastEventAt ?? 0)) / 1_000);
  lastHeard.textContent = isStale ? `Last heard ${clockText(seconds)} ago` : '';
}

function clockText(seconds: number): string {
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts;
  return [String(first), ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}

function chooseLive(name: string | null): void {
  keepInAddress({ agent: name });
  journal.show([]);
  lastSteps.clear();
  if (name === null) host.unfollow();
  else host.follow(name);
}

function noteStep(entry: JournalEntryView): void {
  const step = stepIn(entry);
  if (step !== null) lastSteps.set(entry.generation, step);
}

function chooseRecorded(from: RecordedJournal, name: string): void {
  const { length } = from.entriesOf(name);
  position.max = String(length);
  position.value = String(length);
  showRecorded(from, name);
}

function showChosen(): void {
  if (record !== null) return;
  const agent = agents.get(list.chosen ?? '');
  panel.show(agent ?? null, agent === undefined ? [] : commandsOf(agent), isConnected);
  chart.light(agent?.leaf ?? null);
  chart.take(lastSteps.get(agent?.generation ?? 0) ?? null);
}

/** In their order: what loses most comes last. */
const COMMANDS = [
  ...['load', 'instantiate', 'start', 'run', 'drain', 'stop', 'unload'],
  ...['cordon', 'uncordon', 'fail'],
];

/** Exactly what the current state accepts; one that has ended can be run as its next generation. */
function commandsOf({ accepts, state, leaf, isCordoned }: PageAgent): string[] {
  const isOver = state === 'stopped' || state === 'failed';
  const accepted = isOver ? ['run'] : accepts.map((type) => type.replace(/^agent\./, ''));
  const cordon = isCordoned ? ['uncordon'] : leaf === 'running.serving' ? ['cordon'] : [];
  return COMMANDS.filter((command) => [...accepted, ...cordon].includes(command));
}

function showRecorded(from: RecordedJournal, name: string): void {
  const count = Number(position.value);
  const entries = from.entriesOf(name);
  const view = from.viewAt(name, count);
  byId('position-text').textContent = `${count} of ${entries.length}`;
  journal.show(entries.slice(0, count));
  panel.show(view, []);
  chart.light(view.leaf);
  chart.take(from.stepAt(name, count));
}

position.addEventListener('input', () => {
  if (record !== null && list.chosen !== null) showRecorded(record, list.chosen);
});

byId('open-record').addEventListener('click', () => {
  byId('record-problem').textContent = '';
  recordFile.click();
});

recordFile.addEventListener('change', () => {
  const [file] = recordFile.files ?? [];
  if (file === undefined) return;
  void file.text().then((text) => {
    try {
      openRecord(new RecordedJournal(text), file.name);
    } catch (error) {
      byId('record-problem').textContent = `${file.name} cannot be read: ${(error as Error).message}`;
    }
    recordFile.value = '';
  });
});

function openRecord(opened: RecordedJournal, name: string): void {
  host.disconnect();
  isConnected = false;
  byId('record-problem').textContent = '';
  record = opened;
  showConnection(`Recorded: ${name}`);
  setLocked(false);
  setReplaying(true);
  list.replace(opened.agents);
  if (!chart.isDrawn) void chart.load();
}

byId('close-record').addEventListener('click', () => {
  record = null;
  setReplaying(false);
  showConnection('Connecting');
  host.connect();
  // Those that were known before, until the host tells of them anew.
  list.replace([...agents.values()], readAddress().agent);
  showChosen();
});

function setReplaying(isReplaying: boolean): void {
  byId('replay').hidden = !isReplaying;
  byId('close-record').hidden = !isReplaying;
}

host.connect();
