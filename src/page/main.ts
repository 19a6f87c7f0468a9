import { AgentList } from './agent-list.js';
import { stepIn, type AgentView, type Entry, type Step } from './agent-model.js';
import { AgentPanel } from './agent-panel.js';
import { ChartView } from './chart-view.js';
import { byId } from './dom.js';
import { JournalView } from './journal-view.js';
import { LiveHost } from './live-host.js';
import { RecordedJournal } from './recorded-journal.js';
import { askForToken, setLocked } from './session.js';

const agents = new Map<string, AgentView>();
const connection = byId('connection');
const chart = new ChartView();
const journal = new JournalView();
const position = byId<HTMLInputElement>('position');
const recordFile = byId<HTMLInputElement>('record');
/** Whether what is shown is as it is now, and commands go anywhere. */
let isConnected = false;
let record: RecordedJournal | null = null;
/** Of each incarnation of the chosen agent: while one takes the place of another, the journal tells of both. */
const lastSteps = new Map<number, Step>();

const host = new LiveHost({
  onConnected: (isBack) => {
    isConnected = true;
    connection.className = '';
    connection.textContent = isBack ? 'Connected again: the host was away' : 'Connected';
    void chart.load();
  },
  onLost: () => {
    isConnected = false;
    showChosen();
    connection.className = 'lost';
    connection.textContent = 'The host does not answer: connecting anew';
  },
  onLocked: () => {
    isConnected = false;
    connection.textContent = 'Locked';
    host.disconnect();
    askForToken(() => {
      host.connect();
    });
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

const panel = new AgentPanel((agent, command) => host.command(agent, command));

const list = new AgentList((name) => {
  if (record === null) chooseLive(name);
  else if (name !== null) chooseRecorded(record, name);
  showChosen();
});

function chooseLive(name: string | null): void {
  journal.show([]);
  lastSteps.clear();
  if (name === null) host.unfollow();
  else host.follow(name);
}

function noteStep(entry: Entry): void {
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

/** Exactly what the current state accepts; one that has ended can be run as its next generation. */
function commandsOf({ accepts, state }: AgentView): string[] {
  const commands = accepts
    .filter((type) => type.startsWith('agent.'))
    .map((type) => type.slice('agent.'.length));
  return state === 'stopped' || state === 'failed' ? ['run'] : commands;
}

function showRecorded(from: RecordedJournal, name: string): void {
  const count = Number(position.value);
  const entries = from.entriesOf(name);
  const view = from.viewAt(name, count);
  byId('position-text').textContent = `${count} of ${entries.length}`;
  journal.show(entries.slice(0, count));
  panel.show(view, []);
  chart.light(view.leaf);
  chart.take(stepIn(entries[count - 1]));
}

position.addEventListener('input', () => {
  if (record !== null && list.chosen !== null) showRecorded(record, list.chosen);
});

byId('open-record').addEventListener('click', () => {
  recordFile.click();
});

recordFile.addEventListener('change', () => {
  const [file] = recordFile.files ?? [];
  if (file === undefined) return;
  void file.text().then((text) => {
    try {
      openRecord(new RecordedJournal(text), file.name);
    } catch (error) {
      connection.className = 'lost';
      connection.textContent = `${file.name} cannot be read: ${(error as Error).message}`;
    }
    recordFile.value = '';
  });
});

function openRecord(opened: RecordedJournal, name: string): void {
  host.disconnect();
  isConnected = false;
  record = opened;
  connection.className = '';
  connection.textContent = `Recorded: ${name}`;
  setLocked(false);
  setReplaying(true);
  list.replace(opened.agents);
  if (!chart.isDrawn) void chart.load();
}

byId('close-record').addEventListener('click', () => {
  record = null;
  setReplaying(false);
  connection.className = '';
  connection.textContent = 'Connecting';
  host.connect();
  // Those that were known before, until the host tells of them anew.
  list.replace([...agents.values()]);
  showChosen();
});

function setReplaying(isReplaying: boolean): void {
  byId('replay').hidden = !isReplaying;
  byId('close-record').hidden = !isReplaying;
}

host.connect();
